// verdict: blocked; walls: network landlock
// A TCP service of the host over IPv6.
#include "attack.h"

int main() {
    return can_connect(AF_INET6, std::stoi(given("HOSTILE_PORT6"))) ? harm("connected") : blocked();
}
