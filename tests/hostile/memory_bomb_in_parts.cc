// verdict: blocked; walls: memory_limit; limit: memory_bytes 134217728
// Much memory in many processes.
#include <sys/wait.h>
#include <unistd.h>

#include "attack.h"

int main() {
    constexpr std::size_t piece = std::size_t{48} << 20U;
    for (int i = 0; i < 8; ++i) {
        if (::fork() != 0) continue;
        auto* const memory = static_cast<volatile char*>(std::malloc(piece));
        if (memory == nullptr) ::_exit(1);
        for (std::size_t at = 0; at < piece; at += 4096) memory[at] = 1;
        ::usleep(600'000);
        ::_exit(0);
    }
    int failed = 0;
    int status = 0;
    while (::wait(&status) > 0) failed += status != 0 ? 1 : 0;
    return failed == 0 ? harm("used 384 MiB in 8 processes") : blocked();
}
