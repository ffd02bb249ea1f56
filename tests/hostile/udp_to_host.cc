// verdict: blocked; walls: network; own loopback
// A datagram to the host, which Landlock does not see.
#include <unistd.h>

#include "attack.h"

int main() {
    const int out = ::socket(AF_INET, SOCK_DGRAM, 0);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(53);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const bool sent = ::sendto(out, "x", 1, 0, reinterpret_cast<sockaddr*>(&to), sizeof to) == 1;
    return sent ? harm("sent a datagram") : blocked();
}
