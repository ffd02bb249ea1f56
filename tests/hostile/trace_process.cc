// verdict: blocked; walls: seccomp
// Ptrace of another process.
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "attack.h"

int main() {
    const pid_t child = ::fork();
    if (child == 0) {
        while (true) ::pause();
    }
    const bool traced = ::ptrace(PTRACE_ATTACH, child, nullptr, nullptr) == 0;
    ::kill(child, SIGKILL);
    return traced ? harm("traced a process") : blocked();
}
