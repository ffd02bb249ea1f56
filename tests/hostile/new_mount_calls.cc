// verdict: blocked; walls: seccomp capabilities landlock; shown as: user
// Open_tree and move_mount.
#include <fcntl.h>
#include <sys/mount.h>

#include "attack.h"

int main() {
    return ::open_tree(AT_FDCWD, "/", OPEN_TREE_CLONE) >= 0 ? harm("open_tree and move_mount")
                                                            : blocked();
}
