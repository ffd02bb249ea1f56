// verdict: blocked; walls: processes root user; shown as: root; also without: landlock capabilities
// The memory, environment and root of the process that watches the command.
#include <fcntl.h>
#include <unistd.h>

#include "attack.h"

int main() {
    const std::string folder = "/proc/" + std::to_string(::getppid()) + "/";
    for (const char* name : {"mem", "environ", "maps", "root/etc", "fd/0"}) {
        if (::open((folder + name).c_str(), O_RDONLY) >= 0) return harm("opened it");
    }
    return blocked();
}
