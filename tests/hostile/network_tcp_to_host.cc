// verdict: blocked; walls: network; network
// A TCP service of the host, from a sandbox that has a network of its own.
#include "attack.h"

int main() {
    return can_connect(AF_INET, std::stoi(given("HOSTILE_PORT"))) ? harm("connected") : blocked();
}
