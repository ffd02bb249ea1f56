// verdict: blocked; walls: capabilities user; shown as: root; network
// Takes a port that has no outlet, below 1024, to stand in for a service that others trust.
#include "attack.h"

int main() {
    const int listener = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_port = htons(25);
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const bool bound = ::bind(listener, reinterpret_cast<const sockaddr*>(&at), sizeof at) == 0;
    return bound ? harm("bound port 25") : blocked();
}
