#include "policy/pattern.h"

namespace hs::policy {

base::Result<NamePattern> NamePattern::parse(std::string_view text) {
    constexpr std::size_t bytes_max = 255;
    constexpr std::size_t parts_max = 3;
    if (text.empty() || text.size() > bytes_max) {
        return base::fail(base::Code::invalid_input, "a pattern has 1 to 255 bytes");
    }
    NamePattern pattern;
    while (true) {
        const std::size_t star = text.find('*');
        pattern.parts_.emplace_back(text.substr(0, star));
        if (star == std::string_view::npos) break;
        text.remove_prefix(star + 1);
    }
    if (pattern.parts_.size() > parts_max) {
        return base::fail(base::Code::invalid_input, "a pattern has at most two stars");
    }
    return pattern;
}

bool NamePattern::matches(std::string_view name) const {
    if (is_literal()) return name == parts_.front();
    if (!name.starts_with(parts_.front())) return false;
    name.remove_prefix(parts_.front().size());
    if (!name.ends_with(parts_.back())) return false;
    name.remove_suffix(parts_.back().size());
    return parts_.size() == 2 || name.find(parts_[1]) != std::string_view::npos;
}

}  // namespace hs::policy
