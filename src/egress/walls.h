// The walls of the way out, and of mail's way in, by name, so that a test can take one away and
// show that its attack then succeeds.
//
// In the product every wall stands: stands() is a constant and no code can take one down. Only the
// test build of egress (HS_REMOVABLE_WALLS) has the option `--without`.
// Threads: set once before the first sandbox, read afterwards.
#pragma once

#include <cstdint>
#include <string_view>

namespace hs::egress {

enum class Wall : std::uint8_t {
    hello,            // the TLS hello names the host that was decided about
    host_field,       // and so does the Host field of each request
    tls_only,         // what is no TLS does not pass as TLS
    addresses,        // the keeper's word on where a name leads
    address_classes,  // the classes of addresses that an envelope permits
    leaks,            // the search for brokered secrets
    placeholders,     // a placeholder that nothing replaces stops its request
    sender,           // a mail's sender is who its signature proves
    count
};

constexpr std::string_view wall_names[] = {"hello",        "host_field",      "tls_only",
                                           "addresses",    "address_classes", "leaks",
                                           "placeholders", "sender"};
static_assert(sizeof(wall_names) / sizeof(wall_names[0]) == static_cast<int>(Wall::count));

#ifdef HS_REMOVABLE_WALLS
inline std::uint32_t walls_removed = 0;
inline bool stands(Wall wall) {
    return (walls_removed >> static_cast<unsigned>(wall) & 1U) == 0;
}
inline bool remove_wall(std::string_view name) {
    for (unsigned i = 0; i < static_cast<unsigned>(Wall::count); ++i) {
        if (wall_names[i] != name) continue;
        walls_removed |= 1U << i;
        return true;
    }
    return false;
}
#else
constexpr bool stands(Wall) {
    return true;
}
#endif

}  // namespace hs::egress
