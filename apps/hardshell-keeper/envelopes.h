// Envelopes: what egress may do for one permitted action, from the action and the configuration.
// Threads: pure functions.
#pragma once

#include "base/bytes.h"
#include "base/clock.h"
#include "base/result.h"
#include "egress/envelope.h"
#include "gate/keeper.h"
#include "gate/settings.h"

namespace hs::keeping {

// How egress places what a binding calls by this name.
base::Result<egress::CredentialForm> credential_form(const std::string& name);

// The packed egress::Envelope of a sandbox's request that was allowed.
base::Result<base::Bytes> sandbox_envelope_for(const gate::ConnectionAsk& ask,
                                               const gate::SandboxRequest& request);

// The same of a SendHttp, Infer or SendMessage action.
base::Result<base::Bytes> envelope_for(const gate::Settings& settings, const gate::Action& action,
                                       const std::string& decision, base::WallTime_ms expiry_ms);

}  // namespace hs::keeping
