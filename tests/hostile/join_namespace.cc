// verdict: blocked; walls: seccomp capabilities; shown as: user
// Setns into a namespace.
#include <fcntl.h>
#include <sched.h>

#include "attack.h"

int main() {
    return ::setns(::open("/proc/self/ns/uts", O_RDONLY), CLONE_NEWUTS) == 0
               ? harm("setns into a namespace")
               : blocked();
}
