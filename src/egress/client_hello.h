// ClientHello: which server a TLS client says that it wants, read before a byte is passed on.
//
// Sources: RFC 8446 section 4.1.2 and 5.1 (hello, records), RFC 6066 section 3 (server name),
// RFC 9849 (encrypted hello). What it does not protect from: what is said after the handshake; the
// Host field of an HTTP request inside a tunnel may name another host of the same server.
// Threads: pure functions.
#pragma once

#include <optional>
#include <string>

#include "base/bytes.h"
#include "base/result.h"

namespace hs::egress {

inline constexpr std::size_t hello_bytes_max = std::size_t{64} << 10U;

struct ClientHello {
    std::string server_name;           // lower case; empty where the hello names none
    bool has_encrypted_hello = false;  // the extension is there, real or as grease
    bool offers_http11 = true;         // no ALPN, or http/1.1 among what it offers
};

// Nothing: more bytes are needed. invalid_input: no TLS hello, or one that two parsers could read
// differently (a name twice, lengths that disagree, more than hello_bytes_max).
base::Result<std::optional<ClientHello>> parse_client_hello(base::ByteView stream);

// Whether the first byte can begin a TLS connection: a handshake record.
constexpr bool may_be_tls(std::uint8_t first) {
    return first == 22;
}

}  // namespace hs::egress
