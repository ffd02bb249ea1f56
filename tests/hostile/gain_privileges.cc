// verdict: blocked; walls: no_new_privileges seccomp landlock; shown as: root; also without: user
// capabilities Programs that gain privileges by exec.
#include <sys/prctl.h>

#include "attack.h"

int main() {
    return ::prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 0 ? harm("exec may gain privileges")
                                                         : blocked();
}
