// Replay: a recorded decision again, from its recorded question.
//
// What it is for: `hardshell policy replay` (the same policy gives the same outcome) and `hardshell
// policy diff` (which recorded decisions would another policy change).
// What it does not protect from: records that were changed; audit verifies those.
// Threads: pure functions.
#pragma once

#include <string>

#include "base/result.h"
#include "policy/decide.h"
#include "wire/json.h"

namespace hs::policy {

enum class Comparison : std::uint8_t {
    outcome,            // allow, ask or deny alone
    outcome_and_rules,  // and the same rules in the same roles
};

struct Replay {
    Decision decision;
    std::string difference;  // empty: as recorded; "was ask (…), is deny (…)"
};

// `question` and `decision` as to_json wrote them. invalid_input: they are not.
base::Result<Replay> replay(const wire::Json& question, const wire::Json& decision,
                            const SnapshotPointer& snapshot, Comparison comparison,
                            QuestionScratch& scratch);

}  // namespace hs::policy
