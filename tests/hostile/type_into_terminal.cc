// verdict: blocked; walls: seccomp
// TIOCSTI: it must not even reach the kernel.
#include <sys/ioctl.h>

#include <cerrno>

#include "attack.h"

int main() {
    return [] {
        char letter = 'x';
        ::ioctl(0, 0x100005412UL, &letter);
        return errno;
    }() != EPERM
               ? harm("TIOCSTI: it must not even reach the kernel")
               : blocked();
}
