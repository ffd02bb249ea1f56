// verdict: blocked; walls: root landlock
// Devices beyond the five.
#include <fcntl.h>

#include "attack.h"

int main() {
    for (const char* path : {"/dev/ptmx", "/dev/fuse", "/dev/net/tun", "/dev/vda", "/dev/mem"}) {
        if (::open(path, O_RDWR) >= 0) return harm("opened a device");
    }
    return blocked();
}
