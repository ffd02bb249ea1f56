#include "gate/policy_files.h"

#include <fmt/format.h>

#include "crypto/hash.h"
#include "os/file.h"
#include "os/system.h"
#include "policy/manifest.h"

namespace hs::gate {
namespace {

using base::Code;
using base::fail;
using base::Result;
using policy::Layer;
using policy::PolicySources;

constexpr std::size_t manifest_bytes_max = std::size_t{1} << 20U;
constexpr std::size_t digest_digits = 64;

std::array<std::uint8_t, 32> sha256(base::ByteView bytes) {
    return crypto::sha256(bytes);
}

bool is_passed_over(std::string_view name) {
    return name.starts_with('.') || name.ends_with('~') || name.ends_with(".md");
}

std::size_t bytes_of_sources(const PolicySources& sources) {
    std::size_t bytes = 0;
    for (const auto& file : sources.files) bytes += file.text.text.size();
    return bytes;
}

// The regular files of a folder, by name; none where there is no such folder.
Result<std::vector<std::string>> files_in(const std::string& folder) {
    auto names = os::list_folder(folder, policy::policy_files_max);
    if (!names && names.error().code == Code::not_found) return std::vector<std::string>();
    std::vector<std::string> files;
    for (auto& name : TRY(std::move(names))) {
        if (is_passed_over(name)) continue;
        const auto resolved = os::resolve_path(folder + "/" + name);
        if (!resolved) continue;
        const auto facts = os::facts_of_path(*resolved);
        if (facts && facts->kind == os::FileFacts::Kind::regular) files.push_back(std::move(name));
    }
    return files;
}

// The name is kept relative while the part is found out, then made whole for messages.
Result<> add_one(PolicySources& sources, Layer layer, const std::string& folder,
                 const std::string& below) {
    for (const std::string& name : TRY(files_in(folder + below))) {
        if (bytes_of_sources(sources) > policy::policy_bytes_max) {
            return fail(Code::exhausted, fmt::format("{}: all policy files together have more "
                                                     "than {} bytes; make them smaller",
                                                     folder, policy::policy_bytes_max));
        }
        TRY(policy::add_file(sources, layer, TRY(read_policy_file(folder + below + "/" + name))));
    }
    return {};
}

// A folder with builtin.cedar defines presets; the tables of its own replace those of the program.
Result<PolicySources> preset_in(const std::string& folder, const std::string& preset) {
    PolicySources sources;
    const auto add = [&](const std::string& name, Layer layer) -> Result<> {
        const std::string path = folder + "/" + name;
        if (!os::facts_of_path(path)) return {};
        return policy::add_file(sources, layer, TRY(read_policy_file(path)));
    };
    TRY(add("builtin.cedar", Layer::builtin));
    TRY(add("flow.cedar", Layer::builtin));
    TRY(add(preset + ".cedar", Layer::builtin));
    TRY(add(preset + ".ceiling.cedar", Layer::builtin));
    TRY(add("tools.toml", Layer::builtin));
    TRY(add("classes.toml", Layer::builtin));
    TRY(add("tests/" + preset + ".toml", Layer::builtin));
    return sources;
}

bool is_digest(std::string_view text) {
    return text.size() == digest_digits &&
           text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

}  // namespace

policy::LoadOptions policy_load_options() {
    return {&sha256, os::SystemClock().wall_ms(), 1};
}

std::string organisation_folder(const Settings& settings) {
    if (os::facts_of_path(std::string(system_organisation_folder))) {
        return std::string(system_organisation_folder);
    }
    return settings.text("organisation.folder");
}

Result<policy::NamedText> read_policy_file(const std::string& path) {
    auto text = os::read_text(path, policy_file_bytes_max);
    if (!text && text.error().code == Code::exhausted) {
        return fail(Code::exhausted,
                    fmt::format("{}:1:1: a policy file has at most {} bytes; split it", path,
                                policy_file_bytes_max));
    }
    return policy::NamedText{path, TRY(std::move(text))};
}

Result<> add_policy_folder(PolicySources& sources, Layer layer, const std::string& folder) {
    for (const char* below : {"", "/profiles", "/tests"}) {
        TRY(add_one(sources, layer, folder, below));
    }
    return {};
}

Result<PolicySources> collect_sources(const std::string& preset, const PolicyPlaces& places) {
    PolicySources sources = TRY(policy::preset_sources(preset));
    if (!places.organisation.empty()) {
        const std::string folder = places.organisation + "/policy";
        TRY(add_policy_folder(sources, Layer::organisation, folder));
        TRY(add_policy_folder(sources, Layer::team, folder + "/team"));
        TRY(add_policy_folder(sources, Layer::project, folder + "/project"));
    }
    if (!places.person.empty()) {
        TRY(add_policy_folder(sources, Layer::person, places.person));
    }
    return sources;
}

Result<std::vector<NamedSources>> sources_in(const std::string& folder, const std::string& preset) {
    std::vector<NamedSources> found;
    const auto facts = os::facts_of_path(TRY(os::resolve_path(folder)));
    if (!facts || facts->kind != os::FileFacts::Kind::directory) {
        return fail(Code::invalid_input, fmt::format("{} is no folder", folder));
    }
    if (!os::facts_of_path(folder + "/builtin.cedar")) {
        NamedSources set{folder, TRY(policy::preset_sources(preset))};
        TRY(add_policy_folder(set.sources, Layer::person, folder));
        found.push_back(std::move(set));
        return found;
    }
    for (const std::string& file : TRY(files_in(folder))) {
        const std::string name = file.substr(0, file.find('.'));
        if (file != name + ".cedar" || name == "builtin" || name == "flow") continue;
        found.push_back({name, TRY(preset_in(folder, name))});
    }
    return found;
}

Result<> PolicyArchive::keep(const PolicySources& sources, const std::string& digest) const {
    if (folder_.empty()) return {};
    const std::string path = fmt::format("{}/{}.json", folder_, digest);
    if (os::facts_of_path(path)) return {};
    TRY(os::make_private_folder(folder_));
    TRY(os::make_private_folder(folder_ + "/files"));
    const auto manifest = TRY(policy::manifest_of(
        sources, &sha256, [this](const std::string& name, const std::string& text) -> Result<> {
            const std::string file = folder_ + "/files/" + name;
            if (os::facts_of_path(file)) return {};
            return os::write_file_atomic(file, base::bytes_of(text));
        }));
    return os::write_file_atomic(path, base::bytes_of(wire::canonical_json(manifest)));
}

Result<PolicySources> PolicyArchive::find(const std::string& digest) const {
    if (!is_digest(digest)) return fail(Code::invalid_input, "that is no digest of a policy set");
    const auto text = os::read_text(fmt::format("{}/{}.json", folder_, digest), manifest_bytes_max);
    if (!text) {
        return fail(Code::not_found, fmt::format("the policy set {}… is not kept in {}",
                                                 digest.substr(0, 16), folder_));
    }
    return policy::sources_from(TRY(wire::parse_json(*text)), &sha256,
                                [this](const std::string& name) -> Result<std::string> {
                                    if (!is_digest(name)) {
                                        return fail(Code::corrupt, "a manifest names no digest");
                                    }
                                    return os::read_text(folder_ + "/files/" + name,
                                                         policy_file_bytes_max);
                                });
}

}  // namespace hs::gate
