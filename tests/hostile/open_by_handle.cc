// verdict: blocked; walls: seccomp; ends: violated
// Open_by_handle_at: the sandbox ends at the call.
#include <fcntl.h>

#include "attack.h"

int main() {
    return ::open_by_handle_at(AT_FDCWD, nullptr, O_RDONLY) < 0
               ? harm("open_by_handle_at: the sandbox ends at the call")
               : blocked();
}
