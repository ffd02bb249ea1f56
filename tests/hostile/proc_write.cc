// verdict: blocked; walls: read_only landlock
// Writing below /proc.
#include "attack.h"

int main() {
    return can_write("/proc/self/oom_score_adj", "500") ? harm("wrote below /proc") : blocked();
}
