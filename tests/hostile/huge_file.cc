// verdict: blocked; walls: file_limit; limit: file_bytes_max 16777216
// A huge file in the project.
#include <unistd.h>

#include <csignal>

#include "attack.h"

int main() {
    std::signal(SIGXFSZ, SIG_IGN);
    const std::string path = given("HOSTILE_PROJECT") + "/huge";
    const bool filled = can_fill(path, std::size_t{64} << 20U);
    ::unlink(path.c_str());
    return filled ? harm("wrote 64 MiB") : blocked();
}
