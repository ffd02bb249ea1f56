// Envelope: everything that one permitted connection may do, as plain data.
//
// The keeper fills it from a decision; the SHA-256 of its packed bytes is what an egress Ticket
// covers; egress compares the request with it and acts from nothing else. docs/formats/envelope.md
// has the bytes.
// What it does not protect from: a generous Envelope. check() bounds shapes and sizes; what may be
// granted is policy's business. A redirect is never followed: the caller asks for a new Envelope.
// Threads: values and pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "crypto/hash.h"
#include "net/address.h"

namespace hs::egress {

// Ticket.kind of the tickets that egress takes.
inline constexpr std::uint8_t envelope_ticket_kind = 2;

enum class Purpose : std::uint8_t {
    http = 0,
    infer = 1,
    ship = 2,    // the keeper's own deliveries of the log; counted there, not recorded one by one
    stream = 3,  // likewise, a one-way stream of bytes over TLS instead of HTTP
    websocket = 4,  // a WebSocket of a chat platform (egress/message_stream.h)
    lines = 5,      // bytes both ways, for IMAP and SMTP
    poll = 6,       // HTTP with a chat platform; what people answer in it is told to the keeper
    listen = 7,     // signed requests to us, on loopback (egress/hook_listener.h)
    store = 8,      // the keeper's own questions to a store of secrets, with its login in them
    letter = 9,     // a mail whose sender is to be proven (egress/letter_check.h); host: its domain
    submit = 10,    // a mail that goes out (egress/submission.h); target: "/" and who gets it
};
// Whether the permit is for one of egress's streams and not for an exchange of HTTP.
constexpr bool is_stream(Purpose purpose) {
    return purpose == Purpose::stream || purpose == Purpose::websocket ||
           purpose == Purpose::lines || purpose == Purpose::listen || purpose == Purpose::letter ||
           purpose == Purpose::submit;
}
enum class Scheme : std::uint8_t { http = 0, https = 1 };
enum class TargetMatch : std::uint8_t { exact = 0, path_prefix = 1 };

enum class CredentialForm : std::uint8_t {
    header = 0,  // `header`: `prefix` and the value
    basic = 1,   // HTTP Basic (RFC 7617): `user` and the value
    query = 2,   // in place of its placeholder in the query, else as the parameter `header`
    path = 3,    // in place of its placeholder in the path
    body = 4,    // in place of its placeholder in a body of JSON or of a form
};

// Which secret egress places in the request, and in which form. Empty name: none.
struct CredentialUse {
    std::string name;  // the secret's name in the keeper's store
    // Field name: "Authorization", "x-api-key"; of a query, the parameter; or one of the forms of
    // egress/placement.h.
    std::string header;
    std::string prefix;  // what stands before the value: "Bearer "; of (sasl-plain) the user
    CredentialForm form = CredentialForm::header;
    std::string user = {};
    bool operator==(const CredentialUse&) const = default;
};

struct Envelope {
    static constexpr std::size_t methods_max = 8;
    static constexpr std::size_t text_bytes_max = 8192;
    static constexpr std::uint64_t hashed_body_bytes_max = std::uint64_t{32} << 20U;

    std::vector<std::string> methods;  // tokens, upper case by custom
    Scheme scheme = Scheme::https;
    std::string host;  // net::canonical_host or an address in text form
    std::uint16_t port = 443;
    // exact: path and query as they stand on the request line. path_prefix: a path that the
    // request's path equals or extends at a slash; any query.
    std::string target;
    TargetMatch match = TargetMatch::exact;
    std::uint64_t body_bytes_max = 0;
    std::uint64_t response_bytes_max = 0;
    // The SHA-256 that the body must have; then it is read whole and checked before a byte goes
    // out, and may have at most hashed_body_bytes_max.
    std::optional<crypto::Digest> body_sha256;
    std::string content_type;  // what Content-Type must be; empty for any
    net::AddressClasses addresses;
    CredentialUse credential;
    // The TLS identity (authorities and certificate) that the keeper has named; empty: the usual.
    std::string identity;
    base::WallTime_ms expiry_ms = 0;
    Purpose purpose = Purpose::http;
    std::string decision;  // the decision's id, for the record

    bool operator==(const Envelope&) const = default;

    // scheme://host:port of the request line, with brackets for IPv6.
    std::string origin() const;
    // What the Host field must say: the port only where it is not the scheme's.
    std::string host_field() const;

    // invalid_input names the part that is malformed.
    base::Result<> check() const;
    base::Bytes pack() const;
    // corrupt or invalid_input; the result has passed check().
    static base::Result<Envelope> unpack(base::ByteView bytes);
};

// What the ticket's digest must be.
crypto::Digest digest_of(base::ByteView packed_envelope);

// The value of the Hardshell-Permit field: base64url of {ticket, packed envelope}.
std::string permit_field(base::ByteView ticket, base::ByteView packed_envelope);

struct PermitBytes {
    base::Bytes ticket;
    base::Bytes envelope;
};
base::Result<PermitBytes> parse_permit_field(std::string_view field);

}  // namespace hs::egress
