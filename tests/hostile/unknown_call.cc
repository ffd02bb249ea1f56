// verdict: blocked; walls: seccomp
// A call that the list does not name must answer ENOSYS.
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

#include "attack.h"

int main() {
    return (::syscall(SYS_ioprio_get, 1, 0) >= 0 && ::syscall(SYS_personality, 0x40000) >= 0)
               ? harm("a call that the list does not name must answer ENOSYS")
               : blocked();
}
