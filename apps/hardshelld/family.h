// Family: the processes that belong together. hardshelld starts keeper, egress and launcher before
// its first thread and watches them.
//
// Keeper, egress and launcher share socket pairs over which the keeper hands out the ticket key. So
// when one of the three ends, all three are started anew: no socket of a running keeper is ever
// given to a process that came later.
// What it does not protect from: a hardshelld that was taken over and starts a false keeper. See
// SECURITY.md. Threads: one thread.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "os/fd.h"
#include "os/process.h"

namespace hs::daemon {

struct FamilyPlaces {
    std::string programs;  // folder of the sister programs
    std::string state;     // state folder
    std::string config;    // config.toml
    std::string home;      // the person's home folder
};

struct FamilySockets {
    os::Fd keeper;
    os::Fd egress;
    os::Fd launcher;
};

class Family {
  public:
    explicit Family(FamilyPlaces places) : places_(std::move(places)) {}

    // Starts the three; the sockets are hardshelld's ends. Whoever still runs is ended first.
    base::Result<FamilySockets> start();
    // Waits until a member ends (its name) or the wake-up is raised (nothing).
    std::optional<std::string> await_end(const os::WakeUp& wake_up);
    // Asks all to end, waits up to patience_ms, then kills. The keeper ends last, so that what the
    // others had to tell is recorded.
    void stop(std::int64_t patience_ms);
    // Process ids by name, for `hardshell status`.
    std::vector<std::pair<std::string, pid_t>> members() const;

  private:
    struct Member {
        std::string name;
        os::Process process;
    };
    base::Result<> spawn(const std::string& name, std::vector<std::string> arguments,
                         const std::vector<std::pair<int, int>>& descriptors);

    FamilyPlaces places_;
    std::vector<Member> members_;
};

}  // namespace hs::daemon
