// Envelopes: what egress may do for one permitted action, from the action and the configuration.
// Threads: pure functions.
#pragma once

#include "base/bytes.h"
#include "base/clock.h"
#include "base/result.h"
#include "gate/keeper.h"
#include "gate/settings.h"

namespace hs::keeping {

// The packed egress::Envelope of a sandbox's request that was allowed.
base::Result<base::Bytes> sandbox_envelope_for(const gate::ConnectionAsk& ask,
                                               const gate::SandboxRequest& request);

// The same of a SendHttp or Infer action.
base::Result<base::Bytes> envelope_for(const gate::Settings& settings, const gate::Action& action,
                                       const std::string& decision, base::WallTime_ms expiry_ms);

}  // namespace hs::keeping
