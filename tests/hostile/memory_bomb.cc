// verdict: blocked; walls: memory_limit; limit: memory_bytes 134217728
// Much memory in one process.
#include "attack.h"

int main() {
    constexpr std::size_t piece = std::size_t{1} << 24U;
    for (int i = 0; i < 24; ++i) {
        auto* const memory = static_cast<volatile char*>(std::malloc(piece));
        if (memory == nullptr) return blocked();
        for (std::size_t at = 0; at < piece; at += 4096) memory[at] = 1;
    }
    return harm("used 384 MiB");
}
