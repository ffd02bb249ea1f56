// verdict: blocked; walls: seccomp; ends: violated; door
// Calls of the 32-bit table, which have other numbers.
#include "attack.h"

int main() {
    return [] {
        long result = 20;  // getpid
        asm volatile("int $0x80" : "+a"(result) : : "memory", "r8", "r9", "r10", "r11");
        return result;
    }() > 0
               ? harm("calls of the 32-bit table, which have other numbers")
               : blocked();
}
