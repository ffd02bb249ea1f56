// Programs of our own: start one with chosen descriptors, watch it, stop it. Programs that are not
// trusted are started by the launcher alone.
//
// Threads: spawn() is posix_spawn (vfork semantics), safe in a program with threads.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "os/fd.h"
#include "os/wait.h"

namespace hs::os {

struct SpawnOptions {
    std::string program;                 // absolute path
    std::vector<std::string> arguments;  // without argv[0]
    std::vector<std::string> environment;
    // parent's descriptor -> number in the child; everything else is closed there but 0, 1 and 2.
    std::vector<std::pair<int, int>> descriptors;
};

struct ExitStatus {
    int code = 0;    // exit code when signal is 0
    int signal = 0;  // the signal that ended it
};

class Process {
  public:
    static base::Result<Process> spawn(const SpawnOptions& options);
    Process(Process&& other) noexcept
        : pid_(std::exchange(other.pid_, -1)), pidfd_(std::move(other.pidfd_)) {}
    Process& operator=(Process&&) noexcept;
    ~Process();  // kills and reaps what still runs

    pid_t pid() const { return pid_; }
    // Readable once the process has ended.
    int pidfd() const { return pidfd_.get(); }
    base::Result<ExitStatus> wait(Deadline deadline);
    void signal(int number) const;

  private:
    Process(pid_t pid, Fd pidfd) : pid_(pid), pidfd_(std::move(pidfd)) {}
    pid_t pid_ = -1;
    Fd pidfd_;
};

// The path of the program that runs, with links resolved; where its sister programs lie.
base::Result<std::string> own_program();

}  // namespace hs::os
