// verdict: blocked; walls: seccomp
// Process_vm_readv of another process.
#include <sys/uio.h>
#include <unistd.h>

#include <csignal>

#include "attack.h"

int main() {
    int value = 42;
    int copy = 0;
    const pid_t child = ::fork();
    if (child == 0) {
        while (true) ::pause();
    }
    const struct iovec here { &copy, sizeof copy };
    const struct iovec there { &value, sizeof value };
    const bool read = ::process_vm_readv(child, &here, 1, &there, 1, 0) == sizeof copy;
    ::kill(child, SIGKILL);
    return read ? harm("read the memory of a process") : blocked();
}
