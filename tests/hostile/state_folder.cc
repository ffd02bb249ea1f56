// verdict: blocked; walls: masks
// Hardshell's own state, although a folder above it is granted.
#include <dirent.h>

#include "attack.h"

int main() {
    const std::string state = given("HOSTILE_STATE");
    if (can_read(state + "/record")) return harm("read Hardshell's state");
    return ::opendir(state.c_str()) != nullptr ? harm("listed Hardshell's state") : blocked();
}
