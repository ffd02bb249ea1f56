// Forwarder: one permitted exchange, from the request that hardshelld sent to the server's answer.
//
// In this order: permit, request, body (whole where its hash was approved), connection, credential,
// request out, answer in, record. Nothing reaches a server before all that concerns the request has
// been checked, and no credential is asked for before a server is reached.
// What it does not protect from: what the permitted server does with the request.
// Threads: serve() on many threads at once.
#pragma once

#include <atomic>

#include "egress/admission.h"
#include "egress/connection_record.h"
#include "egress/grant.h"
#include "egress/identities.h"
#include "egress/keeper_link.h"
#include "egress/leak_filter.h"
#include "egress/upstream.h"
#include "net/http_exchange.h"

namespace hs::egress {

struct ForwardLimits {
    std::int64_t secret_ms = 12'000;       // longer than the keeper waits for a store
    std::int64_t first_byte_ms = 300'000;  // from the request sent to the answer's head
    std::int64_t idle_ms = 120'000;        // between two pieces of the answer
    std::int64_t write_ms = 60'000;        // for one piece of the request
    std::int64_t total_ms = 3'600'000;
    std::uint64_t buffered_bytes_max = std::uint64_t{96} << 20U;  // hashed bodies, all together
};

struct ForwardParts {
    Admission& admission;
    KeeperLink& keeper;
    UpstreamPool& pool;
    const FingerprintShelf& fingerprints;
    const Identities& identities;
};

class Forwarder {
  public:
    explicit Forwarder(const ForwardParts& parts, const ForwardLimits& limits = {})
        : parts_(parts), limits_(limits) {}
    // Under the permit that the request carries.
    void serve(net::HttpExchange& exchange);
    // Under what `grant_for` says.
    void serve(net::HttpExchange& exchange, const GrantFor& grant_for);

  private:
    ForwardParts parts_;
    ForwardLimits limits_;
    std::atomic<std::uint64_t> buffered_bytes_{0};
};

}  // namespace hs::egress
