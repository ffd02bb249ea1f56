// verdict: blocked; walls: root landlock
// The host's root is still somewhere below a descriptor or the working directory.
#include <fcntl.h>
#include <unistd.h>

#include "attack.h"

int main() {
    for (int i = 0; i < 64; ++i) (void)::chdir("..");
    std::string other = given("HOSTILE_OTHER");
    if (can_read(other.substr(1))) return harm("climbed out of the root");
    const int top = ::open("/", O_RDONLY | O_DIRECTORY);
    const int file = ::openat(top, ("../../.." + other).c_str(), O_RDONLY);
    return file >= 0 ? harm("climbed out of the root") : blocked();
}
