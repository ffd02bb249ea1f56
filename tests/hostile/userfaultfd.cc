// verdict: blocked; walls: seccomp
// Userfaultfd, which stops the kernel where it likes.
#include <sys/syscall.h>
#include <unistd.h>

#include "attack.h"

int main() {
    return ::syscall(SYS_userfaultfd, 1 /* UFFD_USER_MODE_ONLY */) >= 0
               ? harm("userfaultfd, which stops the kernel where it likes")
               : blocked();
}
