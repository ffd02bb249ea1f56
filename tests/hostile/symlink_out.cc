// verdict: blocked; walls: root landlock
// A link in the project leads to another project.
#include <unistd.h>

#include "attack.h"

int main() {
    const std::string link = given("HOSTILE_PROJECT") + "/link";
    ::unlink(link.c_str());
    if (::symlink(given("HOSTILE_OTHER").c_str(), link.c_str()) != 0) return blocked();
    const bool read = can_read(link);
    ::unlink(link.c_str());
    return read ? harm("read another project over a link") : blocked();
}
