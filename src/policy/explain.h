// Explanations: why a decision is as it is, and the smallest change that would alter it.
//
// What it is for: the card of an approval, `hardshell why`, the record. Text for people; nothing
// decides on it.
// What it does not protect from: a reader who trusts the reasons of a rule more than the rule.
// Threads: pure functions.
#pragma once

#include <string>

#include "policy/decide.h"
#include "wire/json.h"

namespace hs::policy {

// One line: "deny (forbidden by personal-zones)".
std::string summary(const Decision& decision);

// One sentence for a person: the reason or question of the deciding rule.
std::string reason(const Decision& decision);

// Several lines: outcome, rules with their layers and places, obligations, who may approve, the
// facts that mattered, and what would change it.
std::string explain(const Decision& decision, const Question& question);

// The facts that matter to a person, one a line: "  run git push", "  it comes from your own
// words".
std::string facts_text(const Question& question);

// The smallest change that would alter the decision, as one sentence: approve, add a rule, ask for
// the exception that the forbid names, or that nothing does.
std::string smallest_change(const Decision& decision, const Question& question);

// The same for a denied action as a command to type. `name` is how the person can name the action:
// its decision's id, or the words of policy/trial.h in quotes.
std::string remedy(const Decision& decision, const Question& question, std::string_view name);

// Names of the exceptions that would lift the forbids of the decision; empty when one of them can
// not be lifted.
std::vector<std::string> lifting_exceptions(const Decision& decision);

// The record of a decision: outcome, why, rules with layers, obligations, requirements, generation
// and digest. The question is recorded beside it.
wire::Json to_json(const Decision& decision);

}  // namespace hs::policy
