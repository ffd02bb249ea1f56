// verdict: blocked; walls: seccomp capabilities landlock; shown as: user
// The mask taken away by unmounting it.
#include <sys/mount.h>

#include "attack.h"

int main() {
    return ::umount2((given("HOSTILE_PROJECT") + "/.env").c_str(), MNT_DETACH) == 0
               ? harm("the mask taken away by unmounting it")
               : blocked();
}
