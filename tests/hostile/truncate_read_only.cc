// verdict: blocked; walls: read_only landlock
// Truncating a file of a read-only mount.
#include <unistd.h>

#include "attack.h"

int main() {
    const std::string path = given("HOSTILE_READONLY") + "/file";
    return ::truncate(path.c_str(), 0) == 0 ? harm("truncated") : blocked();
}
