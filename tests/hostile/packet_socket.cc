// verdict: blocked; walls: seccomp capabilities; shown as: user
// A packet socket.
#include "attack.h"

int main() {
    return ::socket(AF_PACKET, SOCK_RAW, 0) >= 0 ? harm("a packet socket") : blocked();
}
