// Own words: whether a text that a model wants to keep is what the person said in this message.
//
// What it is for: a model chooses what is remembered, and may be steered while it does. What stands
// in the person's own message as whole clauses is theirs, whatever the model has read since.
// What it does not protect from: a person who pastes a stranger's text into their message.
// Threads: pure functions.
#pragma once

#include <string_view>

namespace hs::memory {

// True when the text stands in the message, case and white space aside, from the beginning of a
// clause (or behind "remember", "remember that" and the like) to the end of one. Part of a clause
// does not count: "never deploy on Fridays" holds no "deploy on Fridays".
bool is_own_words(std::string_view text, std::string_view message);

}  // namespace hs::memory
