// verdict: blocked; walls: seccomp
// The kernel's keyrings.
#include <sys/syscall.h>
#include <unistd.h>

#include "attack.h"

int main() {
    return ::syscall(SYS_add_key, "user", "hostile", "x", 1, -2 /* process keyring */) >= 0
               ? harm("the kernel's keyrings")
               : blocked();
}
