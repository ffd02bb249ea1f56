// GovernedTransport: a Transport of the product: every exchange with a provider is an action that
// the gate decides, and egress carries out.
//
// What it does not protect from: what is in the prompt; routing and redaction stand before it.
// Threads: send() from any thread.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "egress/client.h"
#include "gate/gate.h"
#include "models/carried.h"
#include "models/transport.h"

namespace hs::models {

class GovernedTransport : public Transport {
  public:
    // The line to the egress process that runs now; a restart makes a new one.
    using EgressNow = std::function<std::shared_ptr<egress::EgressClient>()>;

    // Gate, clock and random outlive this. `provider` is its name in configuration.
    GovernedTransport(gate::Gate& gate, EgressNow egress, std::string provider,
                      const base::Clock& clock, base::Random& random)
        : gate_(gate),
          egress_(std::move(egress)),
          provider_(std::move(provider)),
          book_(clock, random) {}

    // denied when policy refuses, also when it would ask a person: a model call is not asked for
    // in the middle of a thought.
    base::Result<HttpResponse> send(const HttpRequest& request, const Stop& stop) override;

  private:
    base::Result<gate::Permit<gate::Infer>> permit_for(const gate::Infer& action,
                                                       const HttpRequest& request);

    gate::Gate& gate_;
    EgressNow egress_;
    std::string provider_;
    SentBook book_;
};

}  // namespace hs::models
