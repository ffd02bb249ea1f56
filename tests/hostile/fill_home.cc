// verdict: blocked; walls: scratch_limit; limit: scratch_bytes_max 16777216
// Filling /home/user.
#include "attack.h"

int main() {
    return can_fill("/home/user/fill", std::size_t{64} << 20U) ? harm("wrote 64 MiB") : blocked();
}
