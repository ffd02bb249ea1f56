// Messages as JSON, for whoever keeps a session.
//
// What it is for: a stored conversation that reads back to the same values, thinking included.
// What it does not protect from: a stored conversation that somebody changed; store seals it.
// Threads: pure functions.
#pragma once

#include "base/result.h"
#include "models/chat.h"

namespace hs::models {

wire::Json message_to_json(const Message& message);
// invalid_input names what was expected; unknown kinds of part are refused.
base::Result<Message> message_from_json(const wire::Json& json);

wire::Json usage_to_json(const Usage& usage);
// Negative counts are refused.
base::Result<Usage> usage_from_json(const wire::Json& json);

}  // namespace hs::models
