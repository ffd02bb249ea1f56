// verdict: blocked; walls: seccomp
// Pidfd_getfd of another process.
#include <sys/syscall.h>
#include <unistd.h>

#include <csignal>

#include "attack.h"

int main() {
    const pid_t child = ::fork();
    if (child == 0) {
        while (true) ::pause();
    }
    const long process = ::syscall(SYS_pidfd_open, child, 0);
    const long stolen = ::syscall(SYS_pidfd_getfd, process, 1, 0);
    ::kill(child, SIGKILL);
    return stolen >= 0 ? harm("took a descriptor of a process") : blocked();
}
