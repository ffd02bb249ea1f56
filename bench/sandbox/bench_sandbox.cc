// What a sandbox costs: start and reap `true` from a process with a large heap, by posix_spawn,
// through hardshell-launcher, and through bwrap where it is installed, in turn, so that a busy
// machine slows all of them alike.
//
//   bench_sandbox [--launcher PROGRAM] [--rounds N] [--ballast MIB] [--project FOLDER]
// Exit code 1 when the median through the launcher is more than 3 ms above posix_spawn.
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <functional>

#include "crypto/hash.h"
#include "crypto/ticket.h"
#include "jail/frames.h"
#include "os/file.h"
#include "os/launch.h"
#include "os/process.h"
#include "os/socket.h"
#include "os/system.h"
#include "sandbox/command_run.h"

extern char** environ;

namespace {

using namespace hs;
using base::Result;

constexpr double extra_ms_max = 3.0;
constexpr std::uint64_t generation = 1;

struct Options {
    std::string launcher;
    std::string project;
    int rounds = 100;
    std::size_t ballast_mib = 400;
};

struct Way {
    std::string name;
    std::function<bool()> once;
    std::vector<double> spans_ms;
};

bool spawn_and_wait(std::vector<std::string> words) {
    std::vector<char*> argv;
    for (std::string& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    pid_t pid = -1;
    if (::posix_spawn(&pid, argv[0], nullptr, nullptr, argv.data(), environ) != 0) return false;
    int status = 0;
    ::waitpid(pid, &status, 0);
    return status == 0;
}

class Launcher {
  public:
    static Result<std::unique_ptr<Launcher>> start(const Options& options) {
        auto daemon = TRY(os::stream_pair());
        auto keeper = TRY(os::stream_pair());
        os::SpawnOptions spawn;
        spawn.program = options.launcher;
        spawn.arguments = {"--daemon-fd", "3", "--keeper-fd", "4"};
        spawn.descriptors = {{daemon.second.get(), 3}, {keeper.second.get(), 4}};
        const auto begin = std::chrono::steady_clock::now();
        auto launcher = std::make_unique<Launcher>();
        launcher->process_ = std::make_unique<os::Process>(TRY(os::Process::spawn(spawn)));
        os::SystemRandom random;
        launcher->key_ = crypto::SecretBytes::random(32, random);
        launcher->keeper_ = std::make_unique<os::Channel>(std::move(keeper.first));
        base::Packer key;
        key.bytes(launcher->key_.view());
        key.u64(generation);
        TRY(launcher->keeper_->send(1, static_cast<std::uint16_t>(jail::LauncherFrame::key),
                                    key.view()));
        TRY(launcher->keeper_->receive(os::Deadline::after_ms(5000)));
        const std::chrono::duration<double, std::milli> span =
            std::chrono::steady_clock::now() - begin;
        std::printf("launcher: from spawn to its first answer %.2f ms\n", span.count());
        launcher->client_ = std::make_unique<sandbox::LauncherClient>(std::move(daemon.first));
        TRY(launcher->prepare(options));
        return launcher;
    }

    Result<bool> run_true() {
        sandbox::RunRequest request;
        request.spec = spec_;
        crypto::Ticket ticket;
        ticket.kind = os::LaunchSpec::ticket_kind;
        ticket.digest = crypto::sha256(spec_);
        ticket.generation = generation;
        ticket.expiry_ms = os::SystemClock().wall_ms() + 60'000;
        os::SystemRandom().fill(ticket.nonce);
        request.ticket = crypto::issue_ticket(key_, ticket);
        const auto run = TRY(sandbox::CommandRun::start(*client_, std::move(request)));
        const auto done = TRY(run->wait(os::Deadline::after_ms(20'000)));
        inside_ms_.push_back(static_cast<double>(done.outcome.usage.wall_us) / 1000);
        if (done.outcome.ending != jail::Ending::exited) {
            std::fprintf(stderr, "%s\n", jail::describe(done.outcome).c_str());
        }
        return done.outcome.ending == jail::Ending::exited && done.outcome.code == 0;
    }
    // From clone to reaped, as the launcher measured it.
    std::vector<double>& inside_ms() { return inside_ms_; }

  private:
    Result<> prepare(const Options& options) {
        os::LaunchSpec spec;
        spec.profile = "bench";
        spec.mounts = os::system_mounts();
        spec.command.executable = "/usr/bin/true";
        spec.command.argv = {"true"};
        spec.command.working_directory = "/tmp";
        spec.command.environment = {{"PATH", "/usr/bin:/bin"}, {"HOME", "/home/user"}};
        if (!options.project.empty()) {
            spec.mounts.push_back({options.project, options.project, os::MountAccess::read_write,
                                   os::MountPresence::required, os::MountContent::personal});
            spec.masks.name_patterns = {".env", "*.pem", "id_rsa"};
            spec.command.working_directory = options.project;
        }
        const auto file = TRY(os::open_file(spec.command.executable, 0));
        spec.command.executable_sha256 =
            TRY(crypto::sha256_of_descriptor(file.get(), std::uint64_t{1} << 30U));
        spec_ = TRY(os::pack_launch_spec(spec));
        return {};
    }

    std::unique_ptr<os::Process> process_;
    std::unique_ptr<os::Channel> keeper_;
    std::unique_ptr<sandbox::LauncherClient> client_;
    crypto::SecretBytes key_;
    base::Bytes spec_;
    std::vector<double> inside_ms_;
};

double children_cpu_ms() {
    struct rusage used {};
    ::getrusage(RUSAGE_CHILDREN, &used);
    const auto ms = [](const timeval& time) {
        return static_cast<double>(time.tv_sec) * 1000 + static_cast<double>(time.tv_usec) / 1000;
    };
    return ms(used.ru_utime) + ms(used.ru_stime);
}

double quantile(std::vector<double>& values, double part) {
    std::ranges::sort(values);
    return values.empty()
               ? 0
               : values[static_cast<std::size_t>(part * (static_cast<double>(values.size()) - 1))];
}

void measure(std::vector<Way>& ways, int rounds) {
    for (int i = -3; i < rounds; ++i) {
        for (Way& way : ways) {
            const auto begin = std::chrono::steady_clock::now();
            if (!way.once()) std::fprintf(stderr, "%s failed\n", way.name.c_str());
            const std::chrono::duration<double, std::milli> span =
                std::chrono::steady_clock::now() - begin;
            if (i >= 0) way.spans_ms.push_back(span.count());
        }
    }
}

Result<int> bench(const Options& options) {
    const std::vector<char> ballast(options.ballast_mib << 20U, 1);
    auto launcher = TRY(Launcher::start(options));
    std::vector<Way> ways;
    ways.push_back({"posix_spawn", [] { return spawn_and_wait({"/usr/bin/true"}); }, {}});
    ways.push_back({"hardshell-launcher",
                    [&] {
                        const auto done = launcher->run_true();
                        if (!done) std::fprintf(stderr, "%s\n", done.error().what.c_str());
                        return done && *done;
                    },
                    {}});
    if (::access("/usr/bin/bwrap", X_OK) == 0) {
        ways.push_back({"bwrap",
                        [] {
                            return spawn_and_wait({"/usr/bin/bwrap", "--unshare-all", "--ro-bind",
                                                   "/", "/", "--dev", "/dev", "--proc", "/proc",
                                                   "--tmpfs", "/tmp", "--die-with-parent",
                                                   "--new-session", "--cap-drop", "ALL", "true"});
                        },
                        {}});
    }
    measure(ways, options.rounds);
    std::printf("%d rounds, %zu MiB resident, uid %u\n", options.rounds, options.ballast_mib,
                ::getuid());
    for (Way& way : ways) {
        std::printf("%-22s median %7.2f ms   p10 %7.2f   p90 %7.2f\n", way.name.c_str(),
                    quantile(way.spans_ms, 0.5), quantile(way.spans_ms, 0.1),
                    quantile(way.spans_ms, 0.9));
    }
    auto& inside = launcher->inside_ms();
    std::printf("%-22s median %7.2f ms\n", "  of it clone to reap", quantile(inside, 0.5));
    const double runs = static_cast<double>(inside.size());
    const double before_ms = children_cpu_ms();
    launcher.reset();
    std::printf("%-22s %7.2f ms of processor time\n", "  of it",
                (children_cpu_ms() - before_ms) / runs);
    const double extra = quantile(ways[1].spans_ms, 0.5) - quantile(ways[0].spans_ms, 0.5);
    std::printf("launcher over posix_spawn: %.2f ms (bar %.0f)\n", extra, extra_ms_max);
    if (ways.size() > 2) {
        std::printf("bwrap / launcher: %.2f\n",
                    quantile(ways[2].spans_ms, 0.5) / quantile(ways[1].spans_ms, 0.5));
    }
    return extra <= extra_ms_max ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
    Options options;
    const auto own = os::own_program();
    if (own) options.launcher = own->substr(0, own->rfind('/')) + "/hardshell-launcher";
    for (int i = 1; i + 1 < argc; i += 2) {
        const std::string option = argv[i];
        const std::string value = argv[i + 1];
        if (option == "--launcher") options.launcher = value;
        if (option == "--project") options.project = value;
        if (option == "--rounds") options.rounds = std::stoi(value);
        if (option == "--ballast") options.ballast_mib = std::stoul(value);
    }
    const auto done = bench(options);
    if (done) return *done;
    std::fprintf(stderr, "bench_sandbox: %s\n", done.error().what.c_str());
    return 2;
}
