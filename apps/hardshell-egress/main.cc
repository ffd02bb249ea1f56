// hardshell-egress: the only process that reaches the network. It inherits two sockets: 3 leads to
// hardshelld, 4 to the keeper. Started by hardshelld, never by hand.
//
// Arguments: [--extra-roots FILE]  PEM certificates trusted beside the system's.
// The test build has `--without WALL` as well, which takes one wall away.
#include <fcntl.h>
#include <malloc.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include <csignal>
#include <cstdio>

#include "egress/process.h"
#include "egress/walls.h"
#include "os/file.h"
#include "os/system.h"

namespace {

using namespace hs;

constexpr int daemon_descriptor = 3;
constexpr int keeper_descriptor = 4;
constexpr std::size_t roots_bytes_max = std::size_t{4} << 20U;

const egress::EgressProcess* running = nullptr;

extern "C" void on_stop_signal(int) {
    if (running != nullptr) running->stop();
}

// Credentials pass through this memory: no core dump, no debugger of the same user.
void close_doors() {
    const rlimit none{0, 0};
    ::setrlimit(RLIMIT_CORE, &none);
    ::prctl(PR_SET_DUMPABLE, 0);
    ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    // Two arenas: threads come and go, and each further arena would keep its own memory.
    ::mallopt(M_ARENA_MAX, 2);
    ::mallopt(M_TRIM_THRESHOLD, 128 * 1024);
}

base::Result<std::string> extra_roots(int argc, char** argv) {
    if (argc == 1) return std::string();
    if (argc != 3 || std::string_view(argv[1]) != "--extra-roots") {
        return base::fail(
            base::Code::invalid_input,
            "the only argument is --extra-roots FILE; hardshelld starts this program");
    }
    return os::read_text(argv[2], roots_bytes_max);
}

base::Result<> work(int argc, char** argv) {
    if (::fcntl(daemon_descriptor, F_GETFD) < 0 || ::fcntl(keeper_descriptor, F_GETFD) < 0) {
        return base::fail(base::Code::invalid_input,
                          "descriptors 3 and 4 must be sockets; hardshelld starts this program");
    }
    ::fcntl(daemon_descriptor, F_SETFD, FD_CLOEXEC);
    ::fcntl(keeper_descriptor, F_SETFD, FD_CLOEXEC);
#ifdef HS_REMOVABLE_WALLS
    while (argc >= 3 && std::string_view(argv[1]) == "--without") {
        if (!egress::remove_wall(argv[2])) {
            return base::fail(base::Code::invalid_input, "there is no such wall");
        }
        argc -= 2;
        argv += 2;
    }
#endif
    const auto tls = TRY(net::TlsClient::make(TRY(extra_roots(argc, argv))));
    net::SystemResolver resolver;
    const os::SystemClock clock;
    const auto process =
        TRY(egress::EgressProcess::make(os::Fd(daemon_descriptor), os::Fd(keeper_descriptor),
                                        egress::Outside{resolver, tls}, clock));
    running = process.get();
    struct sigaction action {};
    action.sa_handler = &on_stop_signal;
    ::sigaction(SIGTERM, &action, nullptr);
    action.sa_handler = SIG_IGN;
    ::sigaction(SIGPIPE, &action, nullptr);
    ::sigaction(SIGINT, &action, nullptr);  // Ctrl-C is for hardshelld, which ends us
    process->run();
    ::signal(SIGTERM, SIG_IGN);
    running = nullptr;
    return {};
}

}  // namespace

int main(int argc, char** argv) {
    close_doors();
    const auto done = work(argc, argv);
    if (done) return 0;
    std::fprintf(stderr, "hardshell-egress: %s\n", done.error().what.c_str());
    return 1;
}
