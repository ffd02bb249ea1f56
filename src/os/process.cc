#include "os/process.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "os/error.h"
#include "os/file.h"

namespace hs::os {

using base::Result;

namespace {

std::vector<char*> pointers_to(std::vector<std::string>& texts) {
    std::vector<char*> pointers;
    for (auto& text : texts) pointers.push_back(text.data());
    pointers.push_back(nullptr);
    return pointers;
}

// Moves every descriptor above the highest wanted number first, so that no dup2 overwrites a
// source that is still needed; then drops what was not asked for.
Result<std::vector<Fd>> place_descriptors(const SpawnOptions& options,
                                          posix_spawn_file_actions_t& actions) {
    int highest = 2;
    for (const auto& [from, to] : options.descriptors) highest = std::max(highest, to);
    std::vector<Fd> copies;
    for (const auto& [from, to] : options.descriptors) {
        Fd copy(::fcntl(from, F_DUPFD_CLOEXEC, highest + 1));
        if (!copy) return fail_errno("copying a descriptor", errno);
        posix_spawn_file_actions_adddup2(&actions, copy.get(), to);
        copies.push_back(std::move(copy));
    }
    for (int number = 3; number <= highest; ++number) {
        const bool wanted = std::any_of(options.descriptors.begin(), options.descriptors.end(),
                                        [&](const auto& pair) { return pair.second == number; });
        if (!wanted) posix_spawn_file_actions_addclose(&actions, number);
    }
    posix_spawn_file_actions_addclosefrom_np(&actions, highest + 1);
    return copies;
}

}  // namespace

Result<Process> Process::spawn(const SpawnOptions& options) {
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes);
    sigset_t none;
    sigemptyset(&none);
    sigset_t all;
    sigfillset(&all);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &all);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    std::vector<std::string> arguments{options.program};
    arguments.insert(arguments.end(), options.arguments.begin(), options.arguments.end());
    std::vector<std::string> environment = options.environment;
    const auto argv = pointers_to(arguments);
    const auto envp = pointers_to(environment);
    pid_t pid = -1;
    auto copies = place_descriptors(options, actions);
    const int problem = copies ? ::posix_spawn(&pid, options.program.c_str(), &actions, &attributes,
                                               argv.data(), envp.data())
                               : 0;
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    if (!copies) return copies.failure();
    if (problem != 0) return fail_errno(fmt::format("starting {}", options.program), problem);
    Fd pidfd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
    if (!pidfd) return fail_errno("watching a process", errno);
    return Process(pid, std::move(pidfd));
}

Process& Process::operator=(Process&& other) noexcept {
    if (this != &other) {
        const Process old(std::move(*this));
        pid_ = std::exchange(other.pid_, -1);
        pidfd_ = std::move(other.pidfd_);
    }
    return *this;
}

Process::~Process() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
}

Result<ExitStatus> Process::wait(Deadline deadline) {
    CHECK(pid_ > 0);
    TRY(wait_for(pidfd_.get(), Ready::readable, deadline));
    int status = 0;
    if (::waitpid(pid_, &status, 0) < 0) return fail_errno("waiting for a process", errno);
    pid_ = -1;
    if (WIFSIGNALED(status)) return ExitStatus{0, WTERMSIG(status)};
    return ExitStatus{WEXITSTATUS(status), 0};
}

void Process::signal(int number) const {
    if (pid_ > 0) ::kill(pid_, number);
}

Result<std::string> own_program() {
    return resolve_path("/proc/self/exe");
}

}  // namespace hs::os
