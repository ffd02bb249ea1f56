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
    return found;
}

}  // namespace hs::daemon
