// Trouble: why an exchange failed, as the requester and the record learn it.
//
// Each reason has a stable name (the Hardshell-Error field), a status and a Code, so that "the name
// has no address", "nobody listens there", "too slow" and "the certificate is wrong" stay apart.
// Threads: values and pure functions.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace hs::egress {

enum class Reason : std::uint8_t {
    permit_missing,      // no permit came with the request
    permit_refused,      // forged, expired, revoked or used before
    request_refused,     // the request is not what the permit's envelope says
    request_broken,      // its body did not arrive whole, or is not the approved one
    address_refused,     // the name leads to an address of a class that is not permitted
    name_unknown,        // the name has no address
    name_failed,         // no name server answered
    connect_refused,     // nobody listens there
    connect_failed,      // no way there
    connect_timeout,     // no answer to the connection attempt
    tls_failed,          // no TLS, or the certificate does not prove the host
    secret_refused,      // the keeper does not give the credential for this use
    server_broken,       // the server broke off
    server_nonsense,     // the server answered something that is no HTTP
    server_timeout,      // the server did not answer in time
    response_refused,    // the answer cannot be searched or asks for something not permitted
    response_too_large,  // the answer is over the permitted size
    refused_by_policy,   // what a sandbox asked for is not allowed
    consent_missing,     // a person must consent, and nobody has in time
    secret_leaves,       // the request holds a brokered secret, or a placeholder not for that host
    host_disagrees,      // name, TLS hello and Host field do not say the same
    over_budget,         // the sandbox has used up what its profile gives it
    busy,                // too many connections or too much buffered
    stopped,             // revoked, lockdown, or egress is stopping
};

std::string_view reason_name(Reason reason);
std::optional<Reason> reason_from_name(std::string_view name);
int status_of(Reason reason);
base::Code code_of(Reason reason);

struct Trouble {
    Reason reason = Reason::server_broken;
    std::string what;
};

// A wait that was interrupted is `stopped` whatever was being done.
Trouble trouble_of(const base::Error& error, Reason usual);

// {"code": …, "what": …}
std::string to_json_text(const Trouble& trouble);
// From the Hardshell-Error field and the body of an answer of egress.
base::Error error_of(std::string_view reason, std::string_view body);

}  // namespace hs::egress
