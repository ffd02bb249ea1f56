// verdict: blocked; walls: process_limit; limit: processes_max 64
// Many processes.
#include <unistd.h>

#include "attack.h"

int main() {
    int made = 0;
    for (int i = 0; i < 200; ++i) {
        const pid_t child = ::fork();
        if (child < 0) break;
        if (child == 0) {
            while (true) ::pause();
        }
        ++made;
    }
    return made > 100 ? harm("made more than 100 processes") : blocked();
}
