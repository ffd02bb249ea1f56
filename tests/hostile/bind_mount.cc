// verdict: blocked; walls: seccomp capabilities landlock; shown as: user
// A bind mount of the root.
#include <sys/mount.h>

#include "attack.h"

int main() {
    return ::mount("/", "/tmp", nullptr, MS_BIND, nullptr) == 0 ? harm("a bind mount of the root")
                                                                : blocked();
}
