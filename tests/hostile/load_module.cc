// verdict: blocked; walls: seccomp; ends: violated
// A kernel module: the sandbox ends at the call.
#include <sys/syscall.h>
#include <unistd.h>

#include "attack.h"

int main() {
    return ::syscall(SYS_finit_module, -1, "", 0) < 0
               ? harm("a kernel module: the sandbox ends at the call")
               : blocked();
}
