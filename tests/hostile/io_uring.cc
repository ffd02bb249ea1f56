// verdict: blocked; walls: seccomp
// Io_uring, which no filter sees into.
#include <sys/syscall.h>
#include <unistd.h>

#include "attack.h"

int main() {
    return [] {
        alignas(8) char parameters[256] = {};
        return ::syscall(SYS_io_uring_setup, 4, parameters);
    }() >= 0
               ? harm("io_uring, which no filter sees into")
               : blocked();
}
