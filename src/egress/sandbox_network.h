// SandboxNetwork: what all connections of one sandbox share: whose they are, what was decided, what
// names stand for, and how much is left.
// Threads: every member is safe from any thread.
#pragma once

#include <memory>

#include "egress/forward.h"
#include "egress/name_book.h"
#include "egress/pins.h"
#include "net/authority.h"

namespace hs::egress {

struct OutletTimes {
    VerdictTimes verdicts;
    std::int64_t first_bytes_ms = 10'000;  // for a hello, a head, a SOCKS request
    std::int64_t idle_ms = 600'000;        // of a tunnel
    net::HttpTimes http;
};

// What an outlet is made of, beside its own; all of it outlives the outlet.
struct OutletParts {
    KeeperLink& keeper;
    Admission& admission;
    Outside outside;
    const base::Clock& clock;
    const FingerprintShelf& fingerprints;
    const Identities& identities;
    ForwardLimits forward;
    DialTimes dial;
    OutletTimes times;
};

struct SandboxNetwork {
    SandboxNetwork(gate::SandboxOrder given, std::shared_ptr<net::Authority> trusted,
                   const OutletParts& all)
        : order(std::move(given)),
          parts(all),
          authority(std::move(trusted)),
          verdicts(all.keeper, all.clock, all.times.verdicts),
          pins(all.outside.resolver, verdicts, all.dial.resolve_ms),
          pool(Outside{pins, all.outside.tls}, all.dial),
          forwarder(ForwardParts{all.admission, all.keeper, pool, all.fingerprints, all.identities},
                    all.forward) {
        budget.sent_max = static_cast<std::uint64_t>(order.limits.sent_bytes_max);
        budget.received_max = static_cast<std::uint64_t>(order.limits.received_bytes_max);
    }

    const gate::SandboxOrder order;
    const OutletParts parts;
    const std::shared_ptr<net::Authority> authority;
    TrafficBudget budget;
    NameBook names;
    Verdicts verdicts;
    Pins pins;
    UpstreamPool pool;
    Forwarder forwarder;
};

// Where a sandbox's names may lead once the keeper has said so; never to a cloud's credentials,
// link-local or unspecified addresses.
inline constexpr net::AddressClasses decided_classes = {
    net::AddressClass::public_net, net::AddressClass::private_net, net::AddressClass::unique_local,
    net::AddressClass::carrier_nat, net::AddressClass::loopback};

}  // namespace hs::egress
