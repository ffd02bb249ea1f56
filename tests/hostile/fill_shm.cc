// verdict: blocked; walls: scratch_limit; limit: scratch_bytes_max 16777216
// Filling /dev/shm.
#include "attack.h"

int main() {
    return can_fill("/dev/shm/fill", std::size_t{64} << 20U) ? harm("wrote 64 MiB") : blocked();
}
