// verdict: blocked; walls: none; tamper: spec; ends: refused
// A launch specification that differs by one bit from the permitted one.
#include "attack.h"

int main() {
    return harm("ran although the specification differs");
}
