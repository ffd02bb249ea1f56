// verdict: blocked; walls: network landlock
// A TCP service of the host.
#include "attack.h"

int main() {
    return can_connect(AF_INET, std::stoi(given("HOSTILE_PORT"))) ? harm("connected") : blocked();
}
