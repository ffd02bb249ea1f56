// verdict: blocked; walls: read_only
// Changing the mode of a file of a read-only mount, which Landlock does not see.
#include <sys/stat.h>

#include "attack.h"

int main() {
    const std::string path = given("HOSTILE_READONLY") + "/file";
    return ::chmod(path.c_str(), 0777) == 0 ? harm("changed the mode") : blocked();
}
