// Outlets: the listening sockets of a sandbox's own network namespace that egress answers, in the
// order in which the launcher makes them and hands them over.
//
// What it does not protect from: what is asked through them; egress decides each connection.
// Threads: constants.
#pragma once

#include <array>
#include <cstdint>

namespace hs::os {

enum class OutletKind : std::uint8_t { names_udp, names_tcp, ssh, http, https, proxy, socks };

struct Outlet {
    OutletKind kind;
    std::uint16_t port;
};

// Every address of the namespace is local to it, so each of these hears whatever destination a
// program dials at that port. The proxies listen at 127.0.0.1 alone.
inline constexpr std::array<Outlet, 7> outlets = {{{OutletKind::names_udp, 53},
                                                   {OutletKind::names_tcp, 53},
                                                   {OutletKind::ssh, 22},
                                                   {OutletKind::http, 80},
                                                   {OutletKind::https, 443},
                                                   {OutletKind::proxy, 3128},
                                                   {OutletKind::socks, 1080}}};

}  // namespace hs::os
