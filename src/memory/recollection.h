// Recollection: the memory through the gate: which compartments a conversation may look into, one
// decision for each, and what is found in all of them together.
//
// What it does not protect from: a policy that lets a conversation look further than it should.
// Threads: all functions from any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "gate/gate.h"
#include "memory/memory.h"

namespace hs::memory {

// Of the space and, where there is one, of the project; open and private.
std::vector<std::string> compartments_for(const gate::Circumstances& circumstances);

struct RecallWish {
    std::string_view query;
    std::size_t found_max = 8;
    flow::Integrity least = flow::Integrity::untrusted;
};
// What policy lets be recalled without asking anybody, the best first. Compartments that hold
// nothing are not asked about. io when the keeper cannot be reached.
base::Result<std::vector<Found>> recall(Memory& memory, gate::Gate& gate,
                                        const gate::Circumstances& circumstances,
                                        const RecallWish& wish);

// The Permit where nobody has to be asked; denied with the decision's id otherwise.
template <class A>
base::Result<gate::Permit<A>> permit_for(gate::Gate& gate, const A& action,
                                         gate::Circumstances circumstances) {
    circumstances.approver = gate::Circumstances::Approver::nobody;
    auto verdict = TRY(gate.ask<A>(action, circumstances));
    if (auto* permit = std::get_if<gate::Permit<A>>(&verdict)) return std::move(*permit);
    if (const auto* pending = std::get_if<gate::Pending>(&verdict)) {
        TRY(gate.withdraw(pending->approval));
        return base::fail(
            base::Code::denied,
            "policy wants a person's consent for this (decision " + pending->decision + ")");
    }
    const auto& refused = std::get<gate::Denied>(verdict);
    return base::fail(base::Code::denied,
                      refused.reason + " (hardshell why " + refused.decision + ")");
}

// Forgets under the Permit, has the older key destroyed and the erasure recorded.
struct Forgotten {
    std::vector<std::string> ids;
    std::int64_t record = -1;          // index of the erasure in the log
    std::vector<std::string> backups;  // places that may still hold what was forgotten
};
struct Forgetting {
    std::string compartment;
    std::vector<std::string> ids;  // none: only seal anew
    std::string person;
    base::WallTime_ms oldest_ms = 0;  // when the oldest of them was made
};
base::Result<Forgotten> forget(Memory& memory, gate::Gate& gate,
                               gate::Permit<gate::Remember> permit, const Forgetting& wish);
// The action that a Permit for it is asked for.
gate::Remember forget_action(const Forgetting& wish, gate::Remember::Operation operation);
// Ends erasures that a stop has interrupted. To be called after a compartment was opened.
void finish_erasures(Memory& memory, gate::Gate& gate);

// Forgets what is past its end, and what was not used for so many days (0: that never). Returns how
// many. To be called about once a day.
base::Result<std::size_t> expire(Memory& memory, gate::Gate& gate,
                                 gate::Circumstances circumstances, base::WallTime_ms now_ms,
                                 std::int64_t retention_days);

// What is alike enough that both may not be true: most words in common, but not all.
bool may_contradict(const Entry& a, const Entry& b);

}  // namespace hs::memory
