// Socks: the two messages of a SOCKS5 client (RFC 1928), without authentication: who may connect
// at all is known by the listener.
//
// What it does not protect from: where it leads; egress decides as for any connection.
// Threads: pure functions.
#pragma once

#include <optional>
#include <string>

#include "base/bytes.h"
#include "base/result.h"

namespace hs::egress {

inline constexpr std::size_t socks_bytes_max = 512;

struct SocksTarget {
    std::string host;  // net::canonical_host, or an address in text form
    std::uint16_t port = 0;
    std::size_t bytes = 0;  // that the request took
};

// How many bytes the greeting takes; nothing: more are needed. invalid_input: another version, or
// no method without authentication.
base::Result<std::optional<std::size_t>> parse_socks_greeting(base::ByteView bytes);
// invalid_input: another command than CONNECT, a host that is none, port 0.
base::Result<std::optional<SocksTarget>> parse_socks_request(base::ByteView bytes);

enum class SocksReply : std::uint8_t { granted = 0, failed = 1, not_allowed = 2, unsupported = 7 };
base::Bytes socks_reply(SocksReply reply);

}  // namespace hs::egress
