#include "hardshelld/text_look.h"

#include "detect/scanner.h"

namespace hs::daemon {

std::vector<memory::Finding> DetectLook::look(std::string_view text) const {
    constexpr double sure_min = 0.6;
    auto found = floor_.look(text);
    detect::Options options;
    options.confidence_min = sure_min;
    for (const detect::Finding& finding : detect::scan(text, options)) {
        if (finding.family == detect::Family::injection) continue;
        const bool is_secret = finding.family == detect::Family::secret;
        const auto begin = static_cast<std::size_t>(finding.offset);
        found.push_back({is_secret ? flow::DataClass::secret : flow::DataClass::personal,
                         std::string(finding.kind), begin,
                         begin + static_cast<std::size_t>(finding.length)});
    }
    const auto known =
        gate_.question("secrets.find", wire::JsonObject{{"text", std::string(text)}});
    if (!known) {
        found.push_back(
            {flow::DataClass::secret, "what the keeper could not look at", 0, text.size()});
    } else if (const wire::Json* name = known->find("secret"); name != nullptr && name->text()) {
        found.push_back(
            {flow::DataClass::secret, "the value of the secret " + *name->text(), 0, text.size()});
    }
    return found;
}

}  // namespace hs::daemon
