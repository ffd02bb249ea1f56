// verdict: blocked; walls: none; tamper: ticket; ends: refused
// A ticket whose MAC is not the keeper's.
#include "attack.h"

int main() {
    return harm("ran with a forged ticket");
}
