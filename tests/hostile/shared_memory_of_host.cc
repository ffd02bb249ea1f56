// verdict: blocked; walls: ipc
// System V shared memory of the host.
#include <sys/shm.h>

#include "attack.h"

int main() {
    const auto key = static_cast<key_t>(std::stol(given("HOSTILE_SHM")));
    return ::shmget(key, 0, 0) >= 0 ? harm("found the host's memory") : blocked();
}
