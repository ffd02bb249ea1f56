// verdict: blocked; walls: seccomp capabilities; shown as: user
// The chroot that leads out of a chroot.
#include <unistd.h>

#include "attack.h"

int main() {
    return ::chroot("/tmp") == 0 ? harm("the chroot that leads out of a chroot") : blocked();
}
