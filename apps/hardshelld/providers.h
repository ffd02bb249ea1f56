// Providers: the model routes of this daemon, from its configuration.
// Threads: called once at start.
#pragma once

#include <memory>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "gate/gate.h"
#include "gate/settings.h"
#include "models/governed_transport.h"
#include "models/router.h"

namespace hs::daemon {

struct Routes {
    std::vector<std::unique_ptr<models::GovernedTransport>> transports;
    std::vector<models::Route> routes;  // never empty: the offline provider is the last resort
    std::int64_t context_tokens = 200'000;
    std::vector<std::string> notices;  // what was found or passed over, a sentence each
};

base::Result<Routes> make_routes(const gate::Settings& settings, gate::Gate& gate,
                                 const models::GovernedTransport::EgressNow& egress,
                                 const base::Clock& clock, base::Random& random);

}  // namespace hs::daemon
