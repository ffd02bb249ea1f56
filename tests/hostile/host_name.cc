// verdict: blocked; walls: seccomp capabilities; shown as: user
// Another host name.
#include <unistd.h>

#include "attack.h"

int main() {
    return ::sethostname("mine", 4) == 0 ? harm("another host name") : blocked();
}
