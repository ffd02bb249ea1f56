// verdict: blocked; walls: root landlock
// Another project by its own path.
#include "attack.h"

int main() {
    return can_read(given("HOSTILE_OTHER")) ? harm("read another project") : blocked();
}
