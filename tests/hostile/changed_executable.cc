// verdict: blocked; walls: executable_check; tamper: executable; ends: not_started
// An executable with another hash than the approved one.
#include "attack.h"

int main() {
    return harm("ran although its hash differs");
}
