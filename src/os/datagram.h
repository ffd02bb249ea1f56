// Datagrams that are answered from the address they were sent to, and the address that a
// connection was made to: what a listener for every address of a namespace needs.
//
// What it does not protect from: what the datagrams say. Threads: pure functions.
#pragma once

#include <array>
#include <cstdint>

#include "base/bytes.h"
#include "base/result.h"

namespace hs::os {

// An address as the kernel writes it: 16 bytes of IPv6, IPv4 as ::ffff:a.b.c.d.
struct SocketAddress {
    std::array<std::uint8_t, 16> bytes{};
    std::uint16_t port = 0;
    bool is_ipv4() const;
    bool operator==(const SocketAddress&) const = default;
};

struct Datagram {
    base::Bytes bytes;
    SocketAddress from;
    SocketAddress to;  // its port is not filled in
};

// The next datagram that has arrived, of at most bytes_max (longer ones are cut); timed_out when
// there is none. The socket must have IPV6_RECVPKTINFO or IP_PKTINFO set.
base::Result<Datagram> receive_datagram(int socket, std::size_t bytes_max);
// Answers it from the address that it was sent to.
base::Result<> answer_datagram(int socket, const Datagram& question, base::ByteView answer);

// Where the peer of an accepted connection wanted to go.
base::Result<SocketAddress> local_address(int socket);

}  // namespace hs::os
