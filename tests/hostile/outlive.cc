// verdict: blocked; walls: reaper; leaves: harm
// A daemon that goes on after the command has ended.
#include <unistd.h>

#include <csignal>

#include "attack.h"

int main() {
    if (::fork() > 0) return 1;
    ::setsid();
    if (::fork() > 0) ::_exit(1);
    for (int number = 0; number < 3; ++number) ::close(number);
    ::usleep(700'000);
    can_write(given("HOSTILE_PROJECT") + "/harm");
    return 1;
}
