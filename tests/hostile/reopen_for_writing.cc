// verdict: blocked; walls: read_only landlock
// A descriptor open for reading, opened again for writing through /proc/self/fd.
#include <fcntl.h>
#include <unistd.h>

#include "attack.h"

int main() {
    const int held = ::open((given("HOSTILE_READONLY") + "/file").c_str(), O_RDONLY);
    if (held < 0) return blocked();
    return can_write("/proc/self/fd/" + std::to_string(held)) ? harm("wrote") : blocked();
}
