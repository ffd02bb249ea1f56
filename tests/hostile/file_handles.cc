// verdict: blocked; walls: seccomp
// Handles of files, to be opened past the tree.
#include <fcntl.h>

#include <cerrno>

#include "attack.h"

int main() {
    return (::name_to_handle_at(AT_FDCWD, "/tmp", nullptr, nullptr, 0) != 0 && errno != EPERM)
               ? harm("handles of files, to be opened past the tree")
               : blocked();
}
