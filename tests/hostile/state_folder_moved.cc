// verdict: blocked; walls: masks
// Hardshell's state after the folder above it was renamed.
#include <cstdio>

#include "attack.h"

int main() {
    const std::string state = given("HOSTILE_STATE");
    const std::string above = state.substr(0, state.rfind('/'));
    const std::string moved = above + "-moved";
    if (::rename(above.c_str(), moved.c_str()) != 0) return blocked();
    ::rename(moved.c_str(), above.c_str());
    return harm("moved the folder away that the mask is found by");
}
