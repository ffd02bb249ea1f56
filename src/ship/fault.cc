#include "ship/fault.h"

#include <array>

namespace hs::ship {

std::string_view fault_name(Fault fault) {
    constexpr std::array<std::string_view, 15> names = {
        "none",           "unreachable", "untrusted", "refuses us", "no secret",
        "silent",         "hung up",     "garbage",   "busy",       "failing",
        "unacknowledged", "slow",        "disk",      "log",        "unknown"};
    static_assert(names.size() == static_cast<std::size_t>(Fault::unknown) + 1);
    return names[static_cast<std::size_t>(fault)];
}

}  // namespace hs::ship
