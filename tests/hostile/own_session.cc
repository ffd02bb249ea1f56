// verdict: blocked; walls: session
// The launcher's session and its terminal.
#include <unistd.h>

#include "attack.h"

int main() {
    return ::getsid(0) != ::getpid() ? harm("shares the session it was started from") : blocked();
}
