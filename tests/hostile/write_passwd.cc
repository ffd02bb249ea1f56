// verdict: blocked; walls: read_only landlock; shown as: user
// The sandbox's own /etc/passwd.
#include <sys/stat.h>

#include "attack.h"

int main() {
    ::chmod("/etc/passwd", 0666);
    return can_write("/etc/passwd") ? harm("wrote /etc/passwd") : blocked();
}
