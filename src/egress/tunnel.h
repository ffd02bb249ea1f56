// Tunnel: bytes both ways between a sandbox's connection and a server, counted, within a budget,
// and with the first ones checked.
//
// What it does not protect from: what TLS hides. A tunnel is what policy allowed unseen.
// Threads: one tunnel, one thread.
#pragma once

#include <memory>

#include "egress/client_hello.h"
#include "egress/grant.h"
#include "egress/leak_scan.h"

namespace hs::egress {

struct TunnelRules {
    std::string host;  // what a TLS hello must name, where it is a name
    bool must_be_tls = false;
    std::int64_t idle_ms = 600'000;
};

// What a TLS hello must be for a connection that is not looked into: it names the host and hides
// nothing. Nothing: it may pass.
std::optional<Trouble> check_hello(const ClientHello& hello, const std::string& host);

struct TunnelEnds {
    int client = -1;
    int server = -1;
    base::Bytes first;  // of the client, read already
};

struct Traffic {
    std::uint64_t sent_bytes = 0;
    std::uint64_t received_bytes = 0;
    std::optional<Trouble> trouble;
};

// Until both have ended, one has failed, the budget is used up, or `stop` is raised. Bytes that are
// not TLS are searched for secrets; the one that completes a secret is not passed on.
Traffic run_tunnel(TunnelEnds ends, const TunnelRules& rules, TrafficBudget& budget,
                   std::shared_ptr<const FingerprintTable> fingerprints, const os::WakeUp& stop);

}  // namespace hs::egress
