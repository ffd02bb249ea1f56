// verdict: blocked; walls: masks
// The project's .env, which policy masks.
#include "attack.h"

int main() {
    return can_read(given("HOSTILE_PROJECT") + "/.env") ? harm("read a masked file") : blocked();
}
