// verdict: blocked; walls: network; network
// A TCP service of the host over IPv6, from a sandbox that has a network of its own.
#include "attack.h"

int main() {
    return can_connect(AF_INET6, std::stoi(given("HOSTILE_PORT6"))) ? harm("connected") : blocked();
}
