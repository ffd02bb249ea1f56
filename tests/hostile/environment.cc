// verdict: blocked; walls: environment
// A variable of the launcher.
#include "attack.h"

int main() {
    return std::getenv("HARDSHELL_HOSTILE_SECRET") != nullptr ? harm("saw it") : blocked();
}
