// verdict: blocked; walls: root landlock
// Entries of /proc that tell about the host.
#include "attack.h"

int main() {
    for (const char* name : {"cmdline", "keys", "key-users", "timer_list"}) {
        if (can_read(std::string("/proc/") + name)) return harm("read about the host");
    }
    return blocked();
}
