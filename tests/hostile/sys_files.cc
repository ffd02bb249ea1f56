// verdict: blocked; walls: root landlock
// /sys, which no sandbox has.
#include "attack.h"

int main() {
    return can_read("/sys/kernel/mm/transparent_hugepage/enabled") ? harm("read /sys") : blocked();
}
