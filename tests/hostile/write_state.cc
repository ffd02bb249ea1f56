// verdict: blocked; walls: masks
// Writing the record in Hardshell's state.
#include "attack.h"

int main() {
    return can_write(given("HOSTILE_STATE") + "/record") ? harm("wrote the record") : blocked();
}
