// CallFilter: which system calls a sandbox may make.
//
// Two filters, both inherited by everything that runs inside: an allowlist, which answers ENOSYS
// to every call that it does not name (and to clone3, so that libraries fall back to clone, whose
// flags can be seen), and a list of dangerous calls that are refused by the launcher through
// seccomp's user notification, so that each refusal has a name. A few calls that no honest program
// makes end the sandbox. Of a recorded command the ordinary calls that open, change, run and
// connect are heard of too (attempts.h), and go on. What it does not protect from: a fault of the
// kernel in a call that is allowed; arguments behind pointers, which a filter cannot see. Threads:
// build() once, install() in the process to be filtered.
#pragma once

#include <linux/filter.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "jail/outcome.h"
#include "os/fd.h"
#include "os/launch.h"

struct seccomp_notif;

namespace hs::jail {

class CallFilter {
  public:
    static base::Result<CallFilter> build();

    // Installs both on the calling thread; yields the descriptor that hears of refused calls.
    // Needs no-new-privileges. A recorded command's own filter is built here, where one is wanted.
    base::Result<os::Fd> install(os::AttemptRecord attempts) const;

  private:
    std::vector<sock_filter> allowed_;
    std::vector<sock_filter> dangerous_;
};

struct RefusedCall {
    std::string name;  // "ptrace", "socket(AF_PACKET)", "clone(new namespace)" …
    bool violation = false;
};

// What one call that waited on the listener was; both empty when nothing waits any more.
struct AnsweredCall {
    std::optional<RefusedCall> refused;
    std::optional<Attempt> attempt;
};

// Answers a call that waits on the listener: an ordinary one of a recorded command goes on, every
// other one gets an error. `mounts`: what the sandbox shows.
base::Result<AnsweredCall> answer_call(int listener, const std::vector<os::Mount>& mounts);

// What such a call is named; also for tests.
RefusedCall name_call(int number, const std::uint64_t (&arguments)[6]);

}  // namespace hs::jail
