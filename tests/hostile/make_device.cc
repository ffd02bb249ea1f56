// verdict: blocked; walls: user capabilities landlock; shown as: root
// A device node of its own.
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "attack.h"

int main() {
    const std::string path = "/tmp/device";
    if (::mknod(path.c_str(), S_IFCHR | 0666, ::makedev(1, 1)) != 0) return blocked();
    ::unlink(path.c_str());
    return harm("made a device node");
}
