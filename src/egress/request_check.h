// Whether a request is what its Envelope permits, and the request that egress may send in its
// place.
//
// What it is for: the comparison of a head that HttpReader let in (framing is sound) with the
// approved Envelope. The target is absolute-form (RFC 9112 section 3.2.2); method, scheme, host,
// port, path, Host field, Content-Type and declared length must agree. Paths that a server could
// normalise into another one (dot segments, escaped slashes or dots, backslashes) are refused.
// What it does not protect from: the meaning of header fields and body at that server.
// Threads: pure functions.
#pragma once

#include "egress/envelope.h"
#include "net/http_message.h"

namespace hs::egress {

// denied names the rule that the request breaks and what the Envelope permits.
base::Result<> check_request(const net::RequestHead& request,
                             std::optional<std::uint64_t> content_length, const Envelope& envelope);

// The head for the server: origin-form target, the Envelope's Host, end-to-end fields only, none of
// ours, and none that carries a credential of the sender where egress places one. No credential is
// in it.
net::RequestHead upstream_head(const net::RequestHead& request, const Envelope& envelope);

// Removes what concerns only the server's connection, and fields that only egress may set.
void clean_response(net::Headers& headers);

}  // namespace hs::egress
