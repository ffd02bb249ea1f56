// Upstream: connections from egress to servers: resolve, check every address, dial one of those
// that were checked, shake hands, keep idle connections for the next exchange.
//
// What it is for: the only place of the product that dials. A name is checked again on each
// address that it resolves to, and the address that passed is the one that is dialled, so a name
// server that changes its mind between check and use gains nothing.
// What it does not protect from: a permitted address that forwards elsewhere.
// Threads: UpstreamPool from any thread; a lease belongs to one thread.
#pragma once

#include <list>
#include <memory>
#include <string>

#include "base/guarded.h"
#include "egress/trouble.h"
#include "net/address.h"
#include "net/dialer.h"
#include "net/http_client.h"
#include "net/resolver.h"
#include "net/tls.h"

namespace hs::egress {

// What the outside world is for egress; tests script the resolver and the roots.
struct Outside {
    net::Resolver& resolver;
    const net::TlsClient& tls;
};

// Each step has its own share of time.
struct DialTimes {
    std::int64_t resolve_ms = 10'000;
    std::int64_t connect_ms = 10'000;  // for one address
    std::int64_t tls_ms = 10'000;
};

struct Dialled {
    std::unique_ptr<net::Stream> stream;
    net::Address address;
};

// A Dialer that reaches addresses of the permitted classes only.
class CheckedDialer final : public net::Dialer {
  public:
    CheckedDialer(Outside outside, net::AddressClasses classes, const DialTimes& times = {},
                  net::Offered offered = net::Offered::http)
        : outside_(outside), classes_(classes), times_(times), offered_(offered) {}

    base::Result<std::unique_ptr<net::Stream>> dial(const net::Endpoint& endpoint,
                                                    os::Deadline deadline,
                                                    const os::WakeUp* wake_up) override;
    // The same, and which address it was; `why` tells the failures apart.
    base::Result<Dialled> dial_checked(const net::Endpoint& endpoint, os::Deadline deadline,
                                       const os::WakeUp* wake_up, Reason& why);

  private:
    base::Result<std::vector<net::Address>> permitted_addresses(const net::Endpoint& endpoint,
                                                                os::Deadline deadline,
                                                                const os::WakeUp* wake_up,
                                                                Reason& why);
    base::Result<Dialled> connect_one_of(const std::vector<net::Address>& addresses,
                                         const net::Endpoint& endpoint, os::Deadline deadline,
                                         const os::WakeUp* wake_up, Reason& why);

    Outside outside_;
    net::AddressClasses classes_;
    DialTimes times_;
    net::Offered offered_;
};

struct Connection {
    net::Endpoint endpoint;
    std::string identity;  // under which it was dialled
    net::Address address;
    std::unique_ptr<net::HttpClient> client;
    bool reused = false;
    os::Deadline idle_until = os::Deadline::never();
};

class UpstreamPool {
  public:
    static constexpr std::size_t idle_max = 32;
    static constexpr std::int64_t idle_ms = 30'000;

    explicit UpstreamPool(Outside outside, const DialTimes& times = {})
        : outside_(outside), times_(times) {}

    // An idle connection to the endpoint whose address is of a permitted class, or a new one.
    struct Wanted {
        net::Endpoint endpoint;
        net::AddressClasses classes;
        std::string identity;                       // empty: the usual
        std::shared_ptr<const net::TlsClient> tls;  // of that identity
    };
    base::Result<Connection> acquire(const Wanted& wanted, const os::WakeUp* wake_up, Reason& why);
    // Keeps it if another request may be sent on it, else closes it.
    void release(Connection connection);
    void close_idle();
    // Closes what has been idle for too long.
    void close_stale();

  private:
    Outside outside_;
    DialTimes times_;
    base::Guarded<std::list<Connection>> idle_;
};

}  // namespace hs::egress
