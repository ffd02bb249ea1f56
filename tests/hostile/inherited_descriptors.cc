// verdict: blocked; walls: descriptors
// Descriptors that were open before.
#include <fcntl.h>

#include "attack.h"

int main() {
    for (int number = 3; number < 1024; ++number) {
        if (::fcntl(number, F_GETFD) >= 0) return harm("inherited a descriptor");
    }
    return blocked();
}
