// Pins: where the names of one sandbox lead, looked up once and checked with the keeper, so that
// the address that was decided is the address that is dialled.
//
// What it does not protect from: a permitted address that forwards elsewhere.
// Threads: every method from any thread.
#pragma once

#include <map>

#include "base/guarded.h"
#include "egress/verdicts.h"
#include "net/resolver.h"

namespace hs::egress {

class Pins final : public net::Resolver {
  public:
    static constexpr std::size_t pins_max = 4'096;
    static constexpr std::int64_t life_ms = 60'000;

    Pins(net::Resolver& resolver, Verdicts& verdicts, std::int64_t resolve_ms)
        : resolver_(resolver), verdicts_(verdicts), resolve_ms_(resolve_ms) {}

    // Looks the asked host up, unless it is pinned or an address itself, and has its addresses
    // decided. Nothing: it may be dialled.
    std::optional<Trouble> settle(gate::ConnectionAsk ask, const os::WakeUp& stop);

    // Only what was settled; not_found for anything else.
    base::Result<std::vector<net::Address>> resolve(const std::string& host, os::Deadline deadline,
                                                    const os::WakeUp* wake_up) override;
    // A sandbox is told addresses alone: not_found.
    base::Result<std::vector<std::string>> texts(const std::string& name, os::Deadline deadline,
                                                 const os::WakeUp* wake_up) override;
    void forget();

  private:
    struct Pin {
        std::vector<net::Address> addresses;
        os::Deadline until;
    };
    base::Result<std::vector<net::Address>> look_up(const std::string& host,
                                                    const os::WakeUp& stop);

    net::Resolver& resolver_;
    Verdicts& verdicts_;
    const std::int64_t resolve_ms_;
    base::Guarded<std::map<std::string, Pin>> pins_;
};

}  // namespace hs::egress
