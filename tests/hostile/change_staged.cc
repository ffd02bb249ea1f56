// verdict: blocked; walls: read_only landlock; shown as: user
// The approved script after its check.
#include <sys/stat.h>

#include "attack.h"

int main() {
    const char* const path = "/run/hardshell/staged/script";
    ::chmod(path, 0777);
    return can_write(path) ? harm("changed the approved script") : blocked();
}
