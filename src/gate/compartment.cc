#include "gate/compartment.h"

#include <fmt/format.h>

#include "base/bytes.h"
#include "crypto/hash.h"

namespace hs::gate {
namespace {

using base::Code;
using base::fail;
using base::Result;

constexpr std::size_t tag_characters = 16;
constexpr std::string_view no_project = "all";

bool is_tag(std::string_view text) {
    return text.size() == tag_characters &&
           text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

}  // namespace

std::string CompartmentName::text() const {
    return fmt::format("{}/{}/{}", space, project.empty() ? no_project : std::string_view(project),
                       sensitivity == Sensitivity::open ? "open" : "private");
}

Result<CompartmentName> CompartmentName::parse(std::string_view text) {
    const auto refused = fail(Code::invalid_input,
                              "a compartment is written SPACE/PROJECT/open or …/private, with "
                              "\"all\" for no project");
    if (text.size() > text_bytes_max) return refused;
    const std::size_t last = text.rfind('/');
    if (last == std::string_view::npos || last == 0) return refused;
    const std::size_t before = text.rfind('/', last - 1);
    if (before == std::string_view::npos || before == 0) return refused;
    CompartmentName name;
    name.space = std::string(text.substr(0, before));
    const std::string_view project = text.substr(before + 1, last - before - 1);
    const std::string_view sensitivity = text.substr(last + 1);
    if (project != no_project) {
        if (!is_tag(project)) return refused;
        name.project = std::string(project);
    }
    if (sensitivity != "open" && sensitivity != "private") return refused;
    name.sensitivity = sensitivity == "open" ? Sensitivity::open : Sensitivity::private_;
    return name;
}

flow::DataClasses CompartmentName::classes() const {
    using flow::DataClass;
    const flow::DataClasses open{DataClass::public_, DataClass::internal, DataClass::source_code};
    if (sensitivity == Sensitivity::open) return open;
    return open | flow::DataClasses{DataClass::confidential, DataClass::personal,
                                    DataClass::customer, DataClass::production};
}

std::string project_tag(std::string_view project) {
    if (project.empty()) return {};
    return base::to_hex(crypto::sha256(base::bytes_of(project))).substr(0, tag_characters);
}

CompartmentName::Sensitivity sensitivity_of(flow::DataClasses classes) {
    return classes.level() <= 1 ? CompartmentName::Sensitivity::open
                                : CompartmentName::Sensitivity::private_;
}

}  // namespace hs::gate
