// The narrowest rule that would have allowed a question, as Cedar text.
//
// What it is for: "approve and write the rule": one principal, one action, one target, the same
// command line, method and path, the same space and project, text at least as trusted and at most
// as sensitive. The text is validated and tried before anybody sees it. What it does not protect
// from: a person who wants more than they were asked. Show the rule first. Threads: pure functions.
#pragma once

#include <optional>
#include <string>

#include "base/result.h"
#include "policy/load.h"

namespace hs::policy {

struct NarrowRule {
    std::string id;
    std::string text;   // Cedar, ends with a new line
    std::string words;  // the same as one sentence for a person
};

struct NarrowWish {
    Question question;
    std::string owner;                          // who wants the rule
    std::optional<base::WallTime_ms> until_ms;  // an end; needs a justification
    std::string justification;
    Layer layer = Layer::person;  // into which the rule is to be written
};

// `sources` are those of the policy in force. conflict: it is allowed already. denied: no rule of
// the layer can allow it, with the reason (a forbid, or the ceiling of a higher layer).
base::Result<NarrowRule> narrowest_rule(const PolicySources& sources, const LoadOptions& options,
                                        const NarrowWish& wish);

}  // namespace hs::policy
