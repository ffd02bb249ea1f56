// Grant: what lets one exchange out: the envelope that it must keep to, and what stops it. Either a
// permit of hardshelld's, or the keeper's answer about a sandbox's request.
//
// What it does not protect from: nothing is checked here; egress/admission.h and
// egress/sandbox_grant.h make grants. Threads: values.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <variant>

#include "crypto/ticket.h"
#include "egress/envelope.h"
#include "egress/trouble.h"
#include "net/http_exchange.h"
#include "os/wait.h"

namespace hs::egress {

// What one sandbox has sent and received, against what its profile gives it.
struct TrafficBudget {
    std::uint64_t sent_max = UINT64_MAX;
    std::uint64_t received_max = UINT64_MAX;
    std::atomic<std::uint64_t> sent{0};
    std::atomic<std::uint64_t> received{0};

    bool send(std::uint64_t bytes) { return (sent += bytes) <= sent_max; }
    bool receive(std::uint64_t bytes) { return (received += bytes) <= received_max; }
};

struct Grant {
    Envelope envelope;
    net::RequestHead head;  // for the server
    crypto::TicketNonce nonce{};
    const os::WakeUp* stop = nullptr;  // ends the exchange; outlives it
    std::shared_ptr<void> held;        // lives as long as the exchange
    std::optional<std::string> body;   // read already
    std::string sandbox;               // empty for hardshelld
    TrafficBudget* budget = nullptr;   // outlives the exchange
};

// Why there is no grant, and what is known of where the request wanted to go.
struct Refusal {
    Trouble trouble;
    std::string sandbox = {};
    std::string host = {};
    std::uint16_t port = 0;
};

using GrantFor = std::function<std::variant<Grant, Refusal>(net::HttpExchange& requester)>;

}  // namespace hs::egress
