// verdict: blocked; walls: seccomp capabilities landlock; shown as: user
// A read-only mount made writable.
#include <sys/mount.h>

#include "attack.h"

int main() {
    return ::mount(nullptr, given("HOSTILE_READONLY").c_str(), nullptr, MS_REMOUNT | MS_BIND,
                   nullptr) == 0
               ? harm("a read-only mount made writable")
               : blocked();
}
