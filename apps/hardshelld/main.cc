// hardshelld: the daemon. Started by `hardshell` when it is needed, or by hand.
//
// No arguments but --version. Exit codes: 0 stopped as asked, 1 failed (the reason is on standard
// error), 2 wrong usage, 3 another instance runs.
#include <malloc.h>
#include <signal.h>

#include <cstdio>
#include <string>

#include "base/version.h"
#include "hardshelld/daemon.h"
#include "os/environment.h"

int main(int argc, char** argv) {
    if (argc == 2 && std::string(argv[1]) == "--version") {
        std::printf("hardshelld %s\n", hs::base::version);
        return 0;
    }
    if (argc != 1) {
        std::fprintf(stderr, "hardshelld takes no arguments; see: hardshell --help\n");
        return 2;
    }
    ::signal(SIGPIPE, SIG_IGN);
    hs::os::harden_process();
    // Threads come and go; each further arena would keep memory of its own.
    ::mallopt(M_ARENA_MAX, 2);
    const auto places = hs::control::Places::find();
    const auto ran = places ? hs::daemon::run(*places) : hs::base::Result<>(places.failure());
    if (ran) return 0;
    std::fprintf(stderr, "hardshelld: %s\n", ran.error().what.c_str());
    return ran.error().code == hs::base::Code::conflict ? 3 : 1;
}
