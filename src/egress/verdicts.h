// Verdicts: the keeper's word on the connections of one sandbox, asked once for what is asked at
// the same time, kept for as long as the keeper says, and parked while a person decides.
//
// What it does not protect from: a verdict that policy would now give otherwise; forget() is called
// when policy changes or everything is revoked.
// Threads: every method from any thread.
#pragma once

#include <condition_variable>
#include <map>
#include <mutex>

#include "base/clock.h"
#include "egress/keeper_link.h"
#include "egress/trouble.h"
#include "gate/connection.h"

namespace hs::egress {

struct VerdictTimes {
    std::int64_t answer_ms = 10'000;   // for the keeper
    std::int64_t consent_ms = 60'000;  // for a person; the approval stays open after it
};

class Verdicts {
  public:
    static constexpr std::size_t verdicts_max = 4'096;

    Verdicts(KeeperLink& keeper, const base::Clock& clock, VerdictTimes times)
        : keeper_(keeper), clock_(clock), times_(times) {}

    // tunnel, inspect or allow; else the Trouble: refused_by_policy with the keeper's reason,
    // consent_missing with the approval that waits, stopped.
    std::variant<gate::ConnectionAnswer, Trouble> decide(const gate::ConnectionAsk& ask,
                                                         const os::WakeUp& stop);
    void forget();

  private:
    using Verdict = std::variant<gate::ConnectionAnswer, Trouble>;
    struct Entry {
        bool asking = true;
        std::optional<Verdict> verdict;
    };
    Verdict ask_keeper(gate::ConnectionAsk ask, const os::WakeUp& stop);
    std::optional<Verdict> held(const std::string& key);
    void keep(const std::string& key, const Verdict& verdict, std::uint64_t epoch);

    KeeperLink& keeper_;
    const base::Clock& clock_;
    const VerdictTimes times_;
    std::mutex mutex_;
    std::condition_variable settled_;
    std::map<std::string, Entry> entries_;
    std::uint64_t epoch_ = 0;
};

}  // namespace hs::egress
