// verdict: blocked; walls: capabilities
// A capability in any set.
#include <fstream>

#include "attack.h"

int main() {
    std::ifstream status("/proc/self/status");
    for (std::string line; std::getline(status, line);) {
        const bool set = line.starts_with("Cap") &&
                         line.find_first_of("123456789abcdef", 7) != std::string::npos;
        if (set) return harm("has capabilities");
    }
    return blocked();
}
