// verdict: blocked; walls: seccomp capabilities landlock; shown as: user
// A file system over a trusted folder.
#include <sys/mount.h>

#include "attack.h"

int main() {
    return ::mount("tmpfs", "/usr", "tmpfs", 0, nullptr) == 0
               ? harm("a file system over a trusted folder")
               : blocked();
}
