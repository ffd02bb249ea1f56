// Mends a conversation so that every provider accepts it.
//
// What it is for: a turn that was interrupted, cut or folded leaves calls without results and
// messages out of turn; providers refuse such a conversation whole.
// What it does not protect from: results that were made up. Whoever appends them is responsible.
// Threads: pure functions.
#pragma once

#include "models/chat.h"

namespace hs::models {

// What stands in place of a result that was never made.
inline constexpr std::string_view missing_result_text =
    "No result: the turn was interrupted before this call was answered. It may or may not have "
    "run.";

// The conversation such that: it begins with the user; roles alternate; each tool call of an
// assistant message has exactly one result at the front of the next user message, in the calls'
// order (missing ones are errors that say so); results without a call, empty text and empty
// messages are gone. Well-formed conversations come back unchanged.
std::vector<Message> mend_conversation(const std::vector<Message>& messages);

// The same without a copy where nothing is to be mended: then the messages are borrowed.
Items<Message> mended(const std::vector<Message>& messages);

}  // namespace hs::models
