// CallFilter: which system calls a sandbox may make.
//
// Two filters, both inherited by everything that runs inside: an allowlist, which answers ENOSYS
// to every call that it does not name (and to clone3, so that libraries fall back to clone, whose
// flags can be seen), and a list of dangerous calls that are refused by the launcher through
// seccomp's user notification, so that each refusal has a name. A few calls that no honest program
// makes end the sandbox.
// What it does not protect from: a fault of the kernel in a call that is allowed; arguments behind
// pointers, which a filter cannot see.
// Threads: build() once, install() in the process to be filtered.
#pragma once

#include <linux/filter.h>

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "os/fd.h"

struct seccomp_notif;

namespace hs::jail {

class CallFilter {
  public:
    static base::Result<CallFilter> build();

    // Installs both on the calling thread; yields the descriptor that hears of refused calls.
    // Needs no-new-privileges.
    base::Result<os::Fd> install() const;

  private:
    std::vector<sock_filter> allowed_;
    std::vector<sock_filter> dangerous_;
};

struct RefusedCall {
    std::string name;  // "ptrace", "socket(AF_PACKET)", "clone(new namespace)" …
    bool violation = false;
};

// Answers calls that wait on the listener, at most calls_max of them, with an error; yields what
// they were. The list is empty when nothing waits any more.
base::Result<std::vector<RefusedCall>> refuse_calls(int listener, std::size_t calls_max);

// What such a call is named; also for tests.
RefusedCall name_call(int number, const std::uint64_t (&arguments)[6]);

}  // namespace hs::jail
