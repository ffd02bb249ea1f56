#include "tools/result_label.h"

#include <algorithm>
#include <array>

#include "detect/scanner.h"
#include "net/address.h"

namespace hs::tools {

using flow::DataClass;
using flow::Integrity;
using flow::Label;

namespace {

// Folders into which others' code and texts are fetched or generated, and files that programs fill
// with whatever they are sent.
constexpr std::array<std::string_view, 14> foreign_folders = {
    "node_modules", "vendor", "third_party", "site-packages", ".venv", "venv", "target",
    "build",        "dist",   "downloads",   "Downloads",     ".git",  ".hg",  ".cache"};
constexpr std::array<std::string_view, 6> foreign_endings = {".log",  ".eml", ".mbox",
                                                             ".html", ".pdf", ".har"};

bool is_foreign(std::string_view relative) {
    const auto ends = [relative](std::string_view ending) { return relative.ends_with(ending); };
    if (std::any_of(foreign_endings.begin(), foreign_endings.end(), ends)) return true;
    while (!relative.empty()) {
        const std::size_t end = std::min(relative.find('/'), relative.size());
        const std::string_view segment = relative.substr(0, end);
        if (std::find(foreign_folders.begin(), foreign_folders.end(), segment) !=
            foreign_folders.end()) {
            return true;
        }
        relative.remove_prefix(std::min(end + 1, relative.size()));
    }
    return false;
}

}  // namespace

gate::TrackedFiles::Standing Histories::look(const files::Roots& roots, std::string_view path) {
    const auto project = policy::CanonicalPath::from_text(roots.project());
    const auto file = policy::CanonicalPath::from_text(path);
    if (!project || !file) return gate::TrackedFiles::Standing::untracked;
    const std::scoped_lock lock(mutex_);
    return tracked_.look(*project, *file);
}

Label label_of_file(const files::Roots& roots, std::string_view path, Histories* histories) {
    Label label = label_of_names(roots, path);
    if (label.integrity != Integrity::internal || histories == nullptr) return label;
    if (histories->look(roots, path) == gate::TrackedFiles::Standing::untracked) {
        label.integrity = Integrity::untrusted;
    }
    return label;
}

Label label_of_names(const files::Roots& roots, std::string_view path) {
    if (!roots.lies_in_project(path)) return Label::unknown();
    const std::string_view relative =
        path.substr(std::min(roots.project().size() + 1, path.size()));
    Label label;
    label.integrity = is_foreign(relative) ? Integrity::untrusted : Integrity::internal;
    label.classes = {DataClass::internal};
    return label;
}

Label label_of_command(const files::Roots& roots) {
    if (roots.count() > 1) return Label::unknown();
    Label label;
    label.integrity = Integrity::untrusted;
    label.classes = {DataClass::internal};
    return label;
}

Label label_of_page(std::string_view address) {
    const auto parsed = net::Address::parse(address);
    if (parsed && parsed->classify() == net::AddressClass::public_net) {
        return Label::untrusted_public();
    }
    Label label;
    label.integrity = Integrity::untrusted;
    label.classes = {DataClass::internal};
    return label;
}

flow::Label label_of_content(flow::Label label, std::string_view text) {
    constexpr double credential_min = 0.82;
    constexpr double personal_min = 0.8;
    constexpr double injection_min = 0.65;
    constexpr std::size_t addresses_max = 20;
    std::size_t addresses = 0;
    for (const detect::Finding& finding : detect::scan(text)) {
        if (finding.family == detect::Family::secret) {
            if (finding.confidence >= credential_min) label.classes.add(DataClass::credential);
        } else if (finding.family == detect::Family::injection) {
            if (finding.confidence >= injection_min) label.integrity = Integrity::untrusted;
        } else if (finding.kind == "email-address" || finding.kind == "ip-address" ||
                   finding.kind == "mac-address" || finding.kind == "phone-number") {
            if (++addresses > addresses_max) label.classes.add(DataClass::personal);
        } else if (finding.confidence >= personal_min) {
            label.classes.add(DataClass::personal);
        }
    }
    return label;
}

}  // namespace hs::tools
