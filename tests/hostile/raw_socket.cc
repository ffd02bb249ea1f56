// verdict: blocked; walls: seccomp capabilities; shown as: user
// A raw socket.
#include "attack.h"

int main() {
    return ::socket(AF_INET, SOCK_RAW, IPPROTO_ICMP) >= 0 ? harm("a raw socket") : blocked();
}
