// DriftWatch: once a day the keeper reads its own record for what departs from the usual and
// records what it found, so that it reaches the SIEM like any event.
//
// What it does not protect from: see insight/drift.h. A day on which nothing runs is looked at when
// something runs again.
// Threads: start and stop have one caller; the looking is a thread of its own.
#pragma once

#include <atomic>
#include <thread>

#include "audit/log.h"
#include "base/guarded.h"
#include "gate/keeper.h"
#include "insight/drift.h"
#include "os/wait.h"

namespace hs::keeping {

class DriftWatch {
  public:
    struct Parts {
        std::string state;
        std::string organisation;  // folder that may hold managed.toml
        const gate::Settings& settings;
        audit::Log& log;
        const base::Clock& clock;
    };
    explicit DriftWatch(Parts parts) : parts_(std::move(parts)) {}
    ~DriftWatch() { stop(); }
    DriftWatch(const DriftWatch&) = delete;
    DriftWatch& operator=(const DriftWatch&) = delete;

    base::Result<> start();
    void stop();
    // drift.look (a person: now), drift.status
    void add_verbs(gate::Keeper& keeper);

  private:
    struct Status {
        std::int64_t looks = 0;  // since the start
        std::int64_t recorded = 0;
        base::WallTime_ms last_ms = 0;
        std::string problem;
    };
    void run();
    base::Result<std::int64_t> look();
    std::vector<insight::Finding> managed() const;
    bool is_due() const;
    std::string path() const { return parts_.state + "/drift"; }

    Parts parts_;
    std::optional<os::WakeUp> wake_;
    std::atomic<bool> stopping_{false};
    std::atomic<bool> asked_{false};
    base::Guarded<Status> status_;
    std::thread thread_;
};

}  // namespace hs::keeping
