// hardshell-keeper: gate, policy, approvals, the log, and every key.
//
// Started by hardshelld before its first thread, with three inherited sockets: 3 to hardshelld, 4
// to the launcher, 5 to egress. Arguments: STATE CONFIG-FILE HOME PROGRAMS.
// Exit codes: 0 hardshelld is gone or asked it to end, 1 failed (the reason is on standard error).
#include <signal.h>
#include <sys/signalfd.h>

#include <cstdio>

#include "hardshell-keeper/keeping.h"
#include "os/environment.h"

int main(int argc, char** argv) {
    if (argc != 5) {
        std::fprintf(stderr, "hardshell-keeper: hardshelld starts this program\n");
        return 2;
    }
    ::signal(SIGPIPE, SIG_IGN);
    hs::os::harden_process();
    const auto kept = hs::keeping::run({argv[1], argv[2], argv[3], argv[4]});
    return kept ? 0 : 1;
}
