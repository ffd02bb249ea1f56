// verdict: blocked; walls: seccomp
// Perf events.
#include <linux/perf_event.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

#include "attack.h"

int main() {
    return [] {
        struct perf_event_attr event {};
        event.size = 3;
        ::syscall(SYS_perf_event_open, &event, 0, -1, -1, 0);
        return errno;
    }() != EPERM
               ? harm("perf events")
               : blocked();
}
