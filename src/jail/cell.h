// Cell: one running sandbox, seen from the launcher.
//
// What it does not protect from: the launcher being killed; then the kernel kills every sandbox
// with it (PR_SET_PDEATHSIG), but nobody tells their outcome.
// Threads: belongs to the launcher's thread.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "crypto/ticket.h"
#include "jail/cgroup.h"
#include "jail/executable.h"
#include "jail/identity.h"
#include "jail/inside.h"
#include "jail/outcome.h"
#include "jail/report.h"
#include "jail/seccomp.h"
#include "jail/warm.h"
#include "os/fd.h"
#include "os/launch.h"

namespace hs::jail {

// What all cells of a launcher share; outlives them.
struct CellShop {
    CallFilter filter;
    HashCache hashes;
    IdMaps id_maps;
    ControlGroups groups = ControlGroups::discover();
    std::vector<std::string> hidden;
    int landlock_abi_max = 0;
    bool prepares = true;  // keep a sandbox ready
    WarmCells warm;

    InsidePlace place(int reports) const;
    // Makes a sandbox ready for the next run, if none is.
    void prepare();
    // Ends the one that is ready.
    void drop_prepared();
};

class Cell {
  public:
    static constexpr std::size_t refused_calls_max = 4096;
    static constexpr int watch_every_ms = 50;

    // Gives the order to the prepared process, or clones one; it builds the rest by itself and is
    // heard of through on_readable(). `descriptors` are standard input, output, error and the
    // staged files.
    static base::Result<std::unique_ptr<Cell>> start(CellShop& shop, os::LaunchSpec spec,
                                                     std::vector<os::Fd> descriptors,
                                                     const crypto::TicketNonce& nonce);
    ~Cell();
    Cell(const Cell&) = delete;
    Cell& operator=(const Cell&) = delete;

    // To be polled for reading: reports, refused calls (-1 before and after), the process.
    int reports_fd() const { return reports_.get(); }
    int listener_fd() const { return listener_.get(); }
    int process_fd() const { return process_.get(); }
    void on_reports();
    void on_listener(short events);
    // The process has ended: everything in its namespaces is gone, and outcome() is whole.
    void on_process();

    // Kills the whole sandbox; the first reason counts.
    void kill(Ending reason);
    // Kills when the wall clock's limit has passed or, without control group, the memory limit.
    void check_limits(std::chrono::steady_clock::time_point now);
    // When check_limits() wants to be called next.
    std::chrono::steady_clock::time_point next_check() const;

    // What the sandbox has handed out since the last call: its network's listeners, the outer end
    // of its terminal. Empty when there is nothing new.
    std::vector<os::Fd> take_outlets() { return std::exchange(outlets_, {}); }
    os::Fd take_terminal() { return std::move(terminal_); }
    // Of the ticket that permitted this run.
    const crypto::TicketNonce& nonce() const { return nonce_; }
    bool has_network() const { return spec_.network != os::NetworkMode::none; }

    bool finished() const { return finished_; }
    const Outcome& outcome() const { return outcome_; }

  private:
    Cell(CellShop& shop, os::LaunchSpec spec) : shop_(shop), spec_(std::move(spec)) {}
    InsideOrder order(const std::vector<os::Fd>& descriptors) const;
    bool use_prepared(const std::vector<os::Fd>& descriptors);
    base::Result<> clone_process(const std::vector<os::Fd>& descriptors);
    void take_process(CellProcess process);
    void begin();
    void take_report(const Report& report, std::vector<os::Fd> passed);
    void answer(bool done);
    void count_refused(const RefusedCall& call);
    void note_attempt(const Attempt& attempt);
    void describe_enforcement();
    void settle_ending();

    CellShop& shop_;
    os::LaunchSpec spec_;
    crypto::TicketNonce nonce_{};
    std::vector<os::Fd> outlets_;
    os::Fd terminal_;
    Identity identity_;
    ControlGroup group_;
    os::Fd reports_;
    os::Fd listener_;
    os::Fd process_;
    int pid_ = -1;
    std::chrono::steady_clock::time_point started_;
    std::chrono::steady_clock::time_point deadline_;
    std::chrono::steady_clock::time_point next_watch_;
    std::size_t refused_calls_ = 0;
    bool watched_ = false;  // no control group holds the memory
    bool grouped_ = false;  // the process is in its control group
    bool forced_ = false;   // outcome_.ending is already decided
    bool reported_ = false;
    bool failed_ = false;
    int wait_status_ = 0;
    bool finished_ = false;
    Outcome outcome_;
};

}  // namespace hs::jail
