// verdict: blocked; walls: seccomp
// A user namespace of its own, with every capability.
#include <sched.h>

#include "attack.h"

int main() {
    return ::unshare(CLONE_NEWUSER) == 0
               ? harm("a user namespace of its own, with every capability")
               : blocked();
}
