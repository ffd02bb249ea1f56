#include "detect/finding.h"

#include <algorithm>

namespace hs::detect {

std::string_view family_name(Family family) {
    switch (family) {
        case Family::secret:
            return "secret";
        case Family::personal:
            return "personal";
        case Family::injection:
            return "injection";
    }
    return "secret";
}

std::string mask(std::string_view value) {
    // A quarter of the value, and never more than four bytes; nothing of what is short.
    const std::size_t shown = value.size() < 12 ? 0 : std::min<std::size_t>(4, value.size() / 4);
    std::string out;
    for (std::size_t i = 0; i < shown; ++i) {
        const char byte = value[i];
        out += byte > ' ' && byte < 0x7F ? byte : '?';
    }
    out += "***(";
    out += std::to_string(value.size());
    out += ")";
    return out;
}

}  // namespace hs::detect
