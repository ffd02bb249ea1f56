// verdict: blocked; walls: seccomp
// Modify_ldt.
#include <sys/syscall.h>
#include <unistd.h>

#include "attack.h"

int main() {
    return [] {
        char table[64] = {};
        return ::syscall(SYS_modify_ldt, 0, table, sizeof table);
    }() >= 0
               ? harm("modify_ldt")
               : blocked();
}
