// hardshell-launcher: builds a sandbox for every command that the keeper has permitted.
//
// Started by hardshelld with two inherited sockets, before either of them has a thread. Options:
//   --daemon-fd N         the channel to hardshelld
//   --keeper-fd N         the channel to the keeper, which hands over the ticket key
//   --hide PATH           a folder of the host that no sandbox may show (may be repeated)
//   --landlock-abi-max N  use at most this Landlock ABI, 0 for none; for tests on one kernel of
//                         what older kernels would do
//   --prepare no          keep no sandbox ready; for tests of one that is made on demand
//   --version
// The test build has `--without WALL` as well, which takes one wall away.
// Exit codes: 0 the daemon or the keeper is gone, 1 failed, 2 wrong usage.
#include <fcntl.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <charconv>
#include <csignal>
#include <cstdio>
#include <string>

#include "jail/landlock.h"
#include "jail/launcher.h"
#include "jail/walls.h"
#include "os/system.h"

namespace {

using hs::base::Code;
using hs::base::fail;
using hs::base::Result;

struct Options {
    int daemon_fd = -1;
    int keeper_fd = -1;
    hs::jail::LauncherSettings settings{{}, hs::jail::landlock_abi_known, true};
};

Result<int> number_of(const std::string& option, const std::string& text) {
    int number = -1;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
    if (read.ec == std::errc() && read.ptr == text.data() + text.size() && number >= 0) {
        return number;
    }
    return fail(Code::invalid_input, option + " takes a number of at least 0");
}

Result<> take_option(Options& options, const std::string& option, const std::string& value) {
    if (option == "--daemon-fd") {
        options.daemon_fd = TRY(number_of(option, value));
    } else if (option == "--keeper-fd") {
        options.keeper_fd = TRY(number_of(option, value));
    } else if (option == "--landlock-abi-max") {
        options.settings.landlock_abi_max = TRY(number_of(option, value));
    } else if (option == "--prepare") {
        if (value != "no") return fail(Code::invalid_input, "--prepare takes \"no\"");
        options.settings.prepares = false;
    } else if (option == "--hide") {
        if (!hs::os::is_plain_absolute_path(value) || value == "/") {
            return fail(Code::invalid_input, "--hide takes an absolute path below the root");
        }
        options.settings.hidden.push_back(value);
#ifdef HS_REMOVABLE_WALLS
    } else if (option == "--without") {
        if (!hs::jail::remove_wall(value)) {
            return fail(Code::invalid_input, "there is no wall named " + value);
        }
#endif
    } else {
        return fail(Code::invalid_input, "unknown option " + option);
    }
    return {};
}

Result<Options> read_options(int argc, char** argv) {
    Options options;
    for (int i = 1; i < argc; i += 2) {
        if (i + 1 >= argc) {
            return fail(Code::invalid_input, std::string(argv[i]) + " needs a value");
        }
        TRY(take_option(options, argv[i], argv[i + 1]));
    }
    if (options.daemon_fd < 3 || options.keeper_fd < 3 || options.daemon_fd == options.keeper_fd) {
        return fail(Code::invalid_input,
                    "hardshelld starts this program; it needs --daemon-fd and --keeper-fd");
    }
    for (const int fd : {options.daemon_fd, options.keeper_fd}) {
        if (::fcntl(fd, F_SETFD, FD_CLOEXEC) != 0) {
            return fail(Code::invalid_input, "descriptor " + std::to_string(fd) + " is not open");
        }
    }
    return options;
}

Result<> serve(const Options& options) {
    const hs::os::SystemClock clock;
    const auto launcher = TRY(hs::jail::Launcher::make(
        options.settings, hs::os::Fd(options.daemon_fd), hs::os::Fd(options.keeper_fd), clock));
    return launcher->run();
}

}  // namespace

int main(int argc, char** argv) {
    if (argc == 2 && std::string(argv[1]) == "--version") {
        std::puts("hardshell-launcher 0.1.0");
        return 0;
    }
    std::signal(SIGPIPE, SIG_IGN);
    // Nobody who is not root traces this process or reads the key from its memory or a core dump.
    ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
    const auto options = read_options(argc, argv);
    if (!options) {
        std::fprintf(stderr, "hardshell-launcher: %s\n", options.error().what.c_str());
        return 2;
    }
    const auto served = serve(*options);
    if (served) return 0;
    std::fprintf(stderr, "hardshell-launcher: %s\n", served.error().what.c_str());
    return 1;
}
