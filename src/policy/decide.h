// Decisions: allow, ask or deny, with obligations and the rules that decided.
//
// What it is for: the one function that says what may happen. A question is evaluated with consent
// absent, and where that does not allow, once more with consent given: allowed then means ask. An
// error in any forbid denies. A grant counts when the ceiling of every higher layer admits it.
// What it does not protect from: acting on "ask" or on obligations that were not carried out.
// Threads: decide() is pure over immutable snapshots; a QuestionScratch belongs to one thread.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "policy/approvers.h"
#include "policy/request.h"
#include "policy/snapshot.h"

namespace hs::policy {

enum class Outcome : std::uint8_t { allow, ask, deny };
std::string_view outcome_name(Outcome outcome);

// What whoever acts must also do: of all rules that granted, the most restrictive.
struct Obligations {
    std::string sandbox;  // profile of the lowest rank; empty: the effect needs none
    Redactions redact;    // all of them
    // Every list must hold the destination; none: no restriction beyond the action itself.
    std::vector<std::vector<std::string>> egress;
    // Where egress looks into TLS: all that any rule names, in the form of the lists.
    std::vector<std::string> inspect;
    std::optional<std::int64_t> ttl_ms;  // the shortest
    LogLevel log = LogLevel::digest;     // the fullest
};
// Is "host:port" in every list? Lists hold "host:port" and "*.suffix:port".
bool egress_allows(const std::vector<std::vector<std::string>>& lists, std::string_view host,
                   std::uint16_t port);
// Is "host:port" in one list?
bool egress_names(const std::vector<std::string>& list, std::string_view host, std::uint16_t port);

enum class Why : std::uint8_t {
    permitted,
    consented,  // allowed, because the consents suffice
    needs_consent,
    nobody_reachable,  // would ask, but no person can be asked
    forbidden,
    no_permit,
    ceiling,  // a grant of a lower layer that a higher one does not admit
    failed,   // a forbid could not be evaluated, or the question is malformed
};
std::string_view why_name(Why why);

struct Decision {
    Outcome outcome = Outcome::deny;
    Why why = Why::no_permit;
    SnapshotPointer snapshot;
    std::vector<const Rule*> granted_by;    // the permits that count (allow, ask)
    std::vector<const Rule*> forbidden_by;  // deny: the forbids; ask: those that consent lifts
    std::vector<const Rule*> held_back;     // permits that a ceiling does not admit
    std::optional<Layer> ceiling;           // the layer whose ceiling held them back
    Obligations obligations;
    std::vector<ApprovalRequirement> requirements;  // ask: what it takes
    std::vector<std::string> faults;                // of any policy; also for the record
};

// `question.exceptions` is taken as given; fill it with snapshot.exceptions.in_force(question).
Decision decide(const SnapshotPointer& snapshot, const Question& question,
                QuestionScratch& scratch);

}  // namespace hs::policy
