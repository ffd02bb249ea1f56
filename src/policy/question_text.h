// The canonical JSON text of a question, written at once: every decision is recorded with its own.
//
// What it does not protect from: nothing; what the record leaves out is policy/question.h's to say.
// Threads: a function.
#pragma once

#include <string>

#include "policy/question.h"

namespace hs::policy {

// Appends canonical_json(to_json(question)).
void append_json(std::string& out, const Question& question);

}  // namespace hs::policy
