// verdict: blocked; walls: seccomp
// Netlink families beyond routing.
#include "attack.h"

int main() {
    return ::socket(AF_NETLINK, SOCK_RAW, 15 /* uevents */) >= 0
               ? harm("netlink families beyond routing")
               : blocked();
}
