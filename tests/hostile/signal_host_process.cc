// verdict: blocked; walls: processes landlock
// A signal to a process of the host.
#include <csignal>

#include "attack.h"

int main() {
    const pid_t victim = std::stoi(given("HOSTILE_VICTIM"));
    return ::kill(victim, 0) == 0 ? harm("reached a process of the host") : blocked();
}
