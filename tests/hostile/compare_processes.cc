// verdict: blocked; walls: seccomp
// Kcmp.
#include <sys/syscall.h>
#include <unistd.h>

#include "attack.h"

int main() {
    return ::syscall(SYS_kcmp, ::getpid(), ::getpid(), 1, 0, 0) >= 0 ? harm("kcmp") : blocked();
}
