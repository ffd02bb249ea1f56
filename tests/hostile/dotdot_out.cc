// verdict: blocked; walls: root landlock
// ".." from the project leads to another project.
#include <unistd.h>

#include "attack.h"

int main() {
    if (::chdir(given("HOSTILE_PROJECT").c_str()) != 0) return blocked();
    return can_read("../other/secret") ? harm("left the project by ..") : blocked();
}
