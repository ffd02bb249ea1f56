// Grants for the requests of a sandbox: what a request says about itself is read in one way only,
// decided by the keeper, and its names are pinned, before anything of it may leave.
//
// What it does not protect from: the meaning of fields and body at a server that policy permits.
// Threads: pure but for the network that it is given.
#pragma once

#include "egress/sandbox_network.h"

namespace hs::egress {

struct HostAndPort {
    std::string host;  // net::canonical_host, or an address in text form
    std::uint16_t port = 0;
    bool operator==(const HostAndPort&) const = default;
};
// "host", "host:port", "[v6]", "[v6]:port"; without a default (0) the port must be there.
base::Result<HostAndPort> parse_host_port(std::string_view text, std::uint16_t default_port);

// What is known about a connection before its requests are read.
struct HttpPlace {
    enum class Form : std::uint8_t { origin, absolute };
    Form form = Form::origin;
    Scheme scheme = Scheme::http;
    std::string host;  // empty: what the request's Host field says
    std::uint16_t port = 80;
};

// Where a request goes and what it asks for there. host_disagrees when its parts say different
// things; request_refused for shapes that two servers would read differently.
struct RequestAim {
    Scheme scheme = Scheme::http;
    HostAndPort at;
    std::string target;  // origin form
};
std::variant<RequestAim, Trouble> aim_of(const net::RequestHead& request, const HttpPlace& place);

// A placeholder in the request that no credential of this host replaces.
bool has_foreign_placeholder(const net::RequestHead& request, const CredentialUse& credential);

std::variant<Grant, Refusal> grant_for_sandbox(SandboxNetwork& network, const HttpPlace& place,
                                               net::HttpExchange& requester,
                                               const os::WakeUp& stop);

}  // namespace hs::egress
