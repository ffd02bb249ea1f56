// verdict: blocked; walls: masks
// What a masked link shows, by the name of the target.
#include "attack.h"

int main() {
    return can_read(given("HOSTILE_PROJECT") + "/settings") ? harm("read it by its target")
                                                            : blocked();
}
