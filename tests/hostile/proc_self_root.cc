// verdict: blocked; walls: root landlock
// /proc/self/root and /proc/1/root lead to the host's tree.
#include "attack.h"

int main() {
    const std::string other = given("HOSTILE_OTHER");
    for (const char* root : {"/proc/self/root", "/proc/1/root", "/proc/self/cwd/../../../../.."}) {
        if (can_read(root + other)) return harm("read the host's tree through /proc");
    }
    return blocked();
}
