// verdict: blocked; walls: seccomp
// Bpf: a command nobody knows must not even reach the kernel.
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

#include "attack.h"

int main() {
    return (::syscall(SYS_bpf, 9999, nullptr, 0) < 0 && errno == EINVAL)
               ? harm("bpf: a command nobody knows must not even reach the kernel")
               : blocked();
}
