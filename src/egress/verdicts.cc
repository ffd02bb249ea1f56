#include "egress/verdicts.h"

#include <fmt/format.h>

#include "wire/json.h"

namespace hs::egress {

using gate::ConnectionAnswer;
using gate::ConnectionAsk;

namespace {
// How often one who waits for another's question looks whether it was stopped.
constexpr std::chrono::milliseconds stop_check{20};
}  // namespace

// Called with the lock held.
std::optional<Verdicts::Verdict> Verdicts::held(const std::string& key) {
    const auto found = entries_.find(key);
    if (found == entries_.end() || !found->second.verdict) return std::nullopt;
    const auto* answer = std::get_if<ConnectionAnswer>(&*found->second.verdict);
    if (answer != nullptr && answer->expiry_ms > clock_.wall_ms()) return found->second.verdict;
    entries_.erase(found);
    return std::nullopt;
}

// Only what is allowed is kept: a refusal may be lifted by the person at any moment.
void Verdicts::keep(const std::string& key, const Verdict& verdict, std::uint64_t epoch) {
    const std::scoped_lock lock(mutex_);
    const auto found = entries_.find(key);
    if (found != entries_.end()) {
        const bool keeps = std::holds_alternative<ConnectionAnswer>(verdict) && epoch == epoch_ &&
                           entries_.size() < verdicts_max;
        if (keeps) {
            found->second.asking = false;
            found->second.verdict = verdict;
        } else {
            entries_.erase(found);
        }
    }
    settled_.notify_all();
}

Verdicts::Verdict Verdicts::decide(const ConnectionAsk& ask, const os::WakeUp& stop) {
    const std::string key = wire::canonical_json(gate::to_json(ask));
    std::uint64_t epoch = 0;
    {
        std::unique_lock lock(mutex_);
        while (true) {
            if (auto known = held(key)) return *known;
            if (!entries_.contains(key)) break;
            settled_.wait_for(lock, stop_check);
            if (stop.raised()) return Trouble{Reason::stopped, "the connection was stopped"};
        }
        entries_.emplace(key, Entry{});
        epoch = epoch_;
    }
    const Verdict verdict = ask_keeper(ask, stop);
    keep(key, verdict, epoch);
    return verdict;
}

Verdicts::Verdict Verdicts::ask_keeper(ConnectionAsk ask, const os::WakeUp& stop) {
    const os::Deadline consent = os::Deadline::after_ms(times_.consent_ms);
    for (;;) {
        auto answer = keeper_.ask_connection(ask, os::Deadline::after_ms(times_.answer_ms), stop);
        if (!answer) return trouble_of(answer.error(), Reason::refused_by_policy);
        if (answer->outcome == ConnectionAnswer::Outcome::deny) {
            return Trouble{Reason::refused_by_policy,
                           fmt::format("{} (hardshell why {})", answer->reason, answer->decision)};
        }
        if (answer->outcome != ConnectionAnswer::Outcome::ask) return std::move(*answer);
        const auto outcome = keeper_.await_approval(answer->approval, consent, stop);
        if (!outcome && outcome.error().code == base::Code::timed_out) {
            return Trouble{
                Reason::consent_missing,
                fmt::format("it waits for a person: hardshell approvals approve {}; then "
                            "try again",
                            answer->approval)};
        }
        if (!outcome) return trouble_of(outcome.error(), Reason::stopped);
        if (*outcome != "approved") {
            return Trouble{Reason::refused_by_policy,
                           fmt::format("a person was asked, and it was {}", *outcome)};
        }
        if (ask.approval == answer->approval) {
            return Trouble{Reason::refused_by_policy, "the approval does not suffice"};
        }
        ask.approval = answer->approval;
    }
}

void Verdicts::forget() {
    const std::scoped_lock lock(mutex_);
    ++epoch_;
    std::erase_if(entries_, [](const auto& item) { return item.second.verdict.has_value(); });
    settled_.notify_all();
}

}  // namespace hs::egress
