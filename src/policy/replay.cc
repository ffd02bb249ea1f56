#include "policy/replay.h"

#include <fmt/format.h>

#include "policy/explain.h"

namespace hs::policy {
namespace {

using base::Code;
using base::fail;
using base::Result;
using wire::Json;

bool same_member(const Json& a, const Json& b, std::string_view key) {
    const Json* first = a.find(key);
    const Json* second = b.find(key);
    if (first == nullptr || second == nullptr) return first == second;
    return *first == *second;
}

Result<std::string> recorded_outcome(const Json& decision) {
    const std::string outcome = TRY(wire::text_at(decision, "outcome"));
    if (outcome != "allow" && outcome != "ask" && outcome != "deny") {
        return fail(Code::invalid_input, "a recorded decision is allow, ask or deny");
    }
    return outcome;
}

}  // namespace

Result<Replay> replay(const Json& question, const Json& decision, const SnapshotPointer& snapshot,
                      Comparison comparison, QuestionScratch& scratch) {
    const std::string before = TRY(recorded_outcome(decision));
    const std::string why = TRY(wire::text_at(decision, "why"));
    Replay result;
    result.decision = decide(snapshot, TRY(question_from_json(question)), scratch);
    const Json now = to_json(result.decision);
    bool is_same = same_member(decision, now, "outcome");
    if (comparison == Comparison::outcome_and_rules) {
        for (const std::string_view key :
             {"why", "granted_by", "forbidden_by", "held_back", "obligations", "requirements"}) {
            is_same = is_same && same_member(decision, now, key);
        }
    }
    if (!is_same) {
        result.difference =
            fmt::format("was {} ({}), is {}", before, why, summary(result.decision));
    }
    return result;
}

}  // namespace hs::policy
