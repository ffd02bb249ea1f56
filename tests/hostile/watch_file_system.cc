// verdict: blocked; walls: seccomp
// Fanotify.
#include <sys/syscall.h>
#include <unistd.h>

#include "attack.h"

int main() {
    return ::syscall(SYS_fanotify_init, 0x200 /* FAN_REPORT_FID */, 0) >= 0 ? harm("fanotify")
                                                                            : blocked();
}
