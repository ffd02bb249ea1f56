// verdict: blocked; walls: processes root; also without: landlock
// The command lines of the host's processes.
#include "attack.h"

int main() {
    return can_read("/proc/" + given("HOSTILE_VICTIM") + "/cmdline") ? harm("saw it") : blocked();
}
