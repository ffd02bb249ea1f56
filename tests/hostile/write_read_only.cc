// verdict: blocked; walls: read_only landlock
// A new file in a read-only mount.
#include "attack.h"

int main() {
    return can_write(given("HOSTILE_READONLY") + "/new") ? harm("wrote") : blocked();
}
