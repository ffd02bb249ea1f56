// verdict: blocked; walls: seccomp
// Clone and clone3 with new namespaces.
#include <linux/sched.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <csignal>

#include "attack.h"

int main() {
    long child = ::syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, nullptr, nullptr, nullptr, 0);
    if (child == 0) ::_exit(0);
    if (child > 0) return harm("cloned into a new user namespace");
    struct clone_args arguments {};
    arguments.flags = CLONE_NEWUSER;
    arguments.exit_signal = SIGCHLD;
    child = ::syscall(SYS_clone3, &arguments, sizeof arguments);
    if (child == 0) ::_exit(0);
    return child > 0 ? harm("cloned into a new user namespace") : blocked();
}
