// What egress and the keeper say to each other about the connections of a sandbox, as canonical
// JSON: the order that opens a sandbox's way out, and the question that precedes every connection.
//
// What it does not protect from: an egress that was taken over; it is what connects.
// Threads: values and pure functions. docs/formats/egress-frames.md has the members.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/result.h"
#include "wire/json.h"

namespace hs::gate {

// How much one sandbox may have of the network; from its profile.
struct ConnectionLimits {
    std::int64_t open_max = 64;
    std::int64_t sent_bytes_max = std::int64_t{64} << 20U;
    std::int64_t received_bytes_max = std::int64_t{4} << 30U;
    bool operator==(const ConnectionLimits&) const = default;
};

// keeper → egress: the listeners that come with this order are those of this sandbox.
struct SandboxOrder {
    std::string sandbox;    // the decision's id of the run
    std::string nonce;      // of the run's ticket, hexadecimal
    std::string authority;  // id of the authority whose certificate the sandbox trusts
    std::string program;    // what runs, for the record
    ConnectionLimits limits;
    bool operator==(const SandboxOrder&) const = default;
};
wire::Json to_json(const SandboxOrder& order);
base::Result<SandboxOrder> sandbox_order_from_json(const wire::Json& json);

struct ConnectionAsk {
    enum class Kind : std::uint8_t {
        open,       // a connection to host and port: as a tunnel, looked into, or not at all?
        addresses,  // may the name lead to these addresses?
        request,    // one HTTP request
    };
    // What can be seen inside, if it is looked into.
    enum class Inside : std::uint8_t { opaque, http };
    std::string sandbox;
    Kind kind = Kind::open;
    std::string host;  // canonical
    std::uint16_t port = 0;
    bool is_tls = true;
    Inside inside = Inside::http;
    std::vector<std::string> addresses;
    // Of a request.
    std::string method;
    std::string target;
    std::string content_type;
    std::string body_sha256;
    std::int64_t body_bytes = 0;
    std::string operation;  // as in SendHttp
    std::string approval;   // claimed with this question
    bool operator==(const ConnectionAsk&) const = default;
};
wire::Json to_json(const ConnectionAsk& ask);
base::Result<ConnectionAsk> connection_ask_from_json(const wire::Json& json);

struct ConnectionAnswer {
    enum class Outcome : std::uint8_t {
        tunnel,   // let it pass as it is
        inspect,  // terminate it and ask for each request
        allow,    // the request, as the envelope says; or the addresses
        ask,      // a person must consent: `approval`
        deny,
    };
    Outcome outcome = Outcome::deny;
    std::string decision;
    std::string reason;
    std::string approval;
    base::WallTime_ms expiry_ms = 0;  // how long the answer holds
    base::Bytes envelope;             // of an allowed request
};
wire::Json to_json(const ConnectionAnswer& answer);
base::Result<ConnectionAnswer> connection_answer_from_json(const wire::Json& json);

}  // namespace hs::gate
