// Runs one program in a real sandbox through a real launcher, playing daemon and keeper at once.
// The hostile tests and the benchmark use it; the product has `hardshell sandbox run`.
//
//   run_one --launcher PROGRAM [--launcher-option OPTION VALUE]… [--mount ro|rw SOURCE TARGET]…
//           [--mask PATH] [--mask-name PATTERN] [--env NAME VALUE] [--limit NAME VALUE] [--cwd
//           PATH]
//           [--network] [--recorded] [--authority FILE] [--stage TARGET FILE]
//           [--tamper spec|ticket|executable] -- EXECUTABLE [ARGUMENT…]
// Prints the output of the program, then on standard error one line "outcome: …" and one for each
// refused call and each enforcement. Exit code: 0 when the program exited with 0, 1 for anything
// else that the program did, 3 when it was refused or not started, 2 for wrong usage.
#include <cstdio>
#include <string>

#include "crypto/hash.h"
#include "crypto/ticket.h"
#include "jail/frames.h"
#include "os/file.h"
#include "os/launch.h"
#include "os/process.h"
#include "os/socket.h"
#include "os/system.h"
#include "sandbox/command_run.h"

namespace {

using namespace hs;
using base::Code;
using base::fail;
using base::Result;

struct Options {
    std::string launcher;
    std::vector<std::string> launcher_options;
    os::LaunchSpec spec;
    std::vector<base::Bytes> staged;
    std::string tamper;
};

using Arguments = std::vector<std::string>;

Result<> set_limit(os::Limits& limits, const std::string& name, std::uint64_t value) {
    if (name == "wall_ms")
        limits.wall_ms = value;
    else if (name == "cpu_s")
        limits.cpu_s = value;
    else if (name == "memory_bytes")
        limits.memory_bytes = value;
    else if (name == "processes_max")
        limits.processes_max = static_cast<std::uint32_t>(value);
    else if (name == "file_bytes_max")
        limits.file_bytes_max = value;
    else if (name == "output_bytes_max")
        limits.output_bytes_max = value;
    else if (name == "scratch_bytes_max")
        limits.scratch_bytes_max = value;
    else
        return fail(Code::invalid_input, "no limit is named " + name);
    return {};
}

Result<> take_option(Options& options, const Arguments& in, std::size_t& at) {
    const std::string option = in[at++];
    const auto next = [&]() -> Result<std::string> {
        if (at >= in.size()) return fail(Code::invalid_input, option + " needs more values");
        return in[at++];
    };
    os::LaunchSpec& spec = options.spec;
    if (option == "--launcher") {
        options.launcher = TRY(next());
    } else if (option == "--launcher-option") {
        options.launcher_options.push_back(TRY(next()));
        options.launcher_options.push_back(TRY(next()));
    } else if (option == "--mount") {
        const std::string access = TRY(next());
        os::Mount mount{TRY(next()),
                        {},
                        os::MountAccess::read_only,
                        os::MountPresence::required,
                        os::MountContent::personal};
        mount.target = TRY(next());
        if (access == "rw") mount.access = os::MountAccess::read_write;
        spec.mounts.push_back(mount);
    } else if (option == "--mask") {
        spec.masks.paths.push_back(TRY(next()));
    } else if (option == "--mask-name") {
        spec.masks.name_patterns.push_back(TRY(next()));
    } else if (option == "--env") {
        const std::string name = TRY(next());
        spec.command.environment.push_back({name, TRY(next())});
    } else if (option == "--limit") {
        const std::string name = TRY(next());
        TRY(set_limit(spec.limits, name, std::stoull(TRY(next()))));
    } else if (option == "--cwd") {
        spec.command.working_directory = TRY(next());
    } else if (option == "--network") {
        spec.network = os::NetworkMode::egress;
    } else if (option == "--recorded") {
        spec.attempts = os::AttemptRecord::kept;
    } else if (option == "--authority") {
        spec.network_authority =
            TRY(os::read_text(TRY(next()), os::LaunchSpec::authority_bytes_max));
    } else if (option == "--stage") {
        const std::string target = TRY(next());
        options.staged.push_back(TRY(os::read_file(TRY(next()), os::LaunchSpec::staged_bytes_max)));
        spec.staged.push_back({target, crypto::sha256(options.staged.back())});
    } else if (option == "--tamper") {
        options.tamper = TRY(next());
    } else {
        return fail(Code::invalid_input, "unknown option " + option);
    }
    return {};
}

// The host's file behind a path of the sandbox: the keeper knows its mounts.
std::string host_path(const os::LaunchSpec& spec, const std::string& path) {
    for (const os::Mount& mount : spec.mounts) {
        if (path == mount.target || path.starts_with(mount.target + "/")) {
            return mount.source + path.substr(mount.target.size());
        }
    }
    return path;
}

Result<Options> read_options(const Arguments& in) {
    Options options;
    options.spec.profile = "test";
    options.spec.mounts = os::system_mounts();
    options.spec.command.working_directory = "/tmp";
    options.spec.command.environment = {{"PATH", "/usr/bin:/bin"}, {"HOME", "/home/user"}};
    std::size_t at = 0;
    while (at < in.size() && in[at] != "--") TRY(take_option(options, in, at));
    if (at + 1 >= in.size() || options.launcher.empty()) {
        return fail(Code::invalid_input, "--launcher PROGRAM and -- EXECUTABLE are needed");
    }
    os::Command& command = options.spec.command;
    command.executable = in[at + 1];
    command.argv.assign(in.begin() + static_cast<std::ptrdiff_t>(at) + 1, in.end());
    const auto file = TRY(os::open_file(host_path(options.spec, command.executable), 0));
    command.executable_sha256 = TRY(crypto::sha256_of_descriptor(file.get(), 1U << 30U));
    if (options.tamper == "executable") command.executable_sha256[0] ^= 1;
    return options;
}

struct Parts {
    os::Process launcher;
    std::unique_ptr<os::Channel> keeper;
    std::unique_ptr<sandbox::LauncherClient> client;
    crypto::SecretBytes key;
};

Result<Parts> start_launcher(const Options& options) {
    auto daemon = TRY(os::stream_pair());
    auto keeper = TRY(os::stream_pair());
    os::SpawnOptions spawn;
    spawn.program = options.launcher;
    spawn.arguments = {"--daemon-fd", "3", "--keeper-fd", "4"};
    spawn.arguments.insert(spawn.arguments.end(), options.launcher_options.begin(),
                           options.launcher_options.end());
    spawn.environment = {"HARDSHELL_HOSTILE_SECRET=planted"};
    spawn.descriptors = {{daemon.second.get(), 3}, {keeper.second.get(), 4}};
    os::SystemRandom random;
    Parts parts{TRY(os::Process::spawn(spawn)), nullptr, nullptr,
                crypto::SecretBytes::random(32, random)};
    parts.keeper = std::make_unique<os::Channel>(std::move(keeper.first));
    base::Packer key;
    key.bytes(parts.key.view());
    key.u64(7);
    const auto kind = static_cast<std::uint16_t>(jail::LauncherFrame::key);
    TRY(parts.keeper->send(1, kind, key.view()));
    TRY(parts.keeper->receive(os::Deadline::after_ms(5000)));
    parts.client = std::make_unique<sandbox::LauncherClient>(std::move(daemon.first));
    return parts;
}

Result<sandbox::RunRequest> make_request(const Options& options, const Parts& parts) {
    sandbox::RunRequest request;
    request.spec = TRY(os::pack_launch_spec(options.spec));
    request.staged = options.staged;
    request.output_bytes_max = options.spec.limits.output_bytes_max;
    crypto::Ticket ticket;
    ticket.kind = os::LaunchSpec::ticket_kind;
    ticket.digest = crypto::sha256(request.spec);
    ticket.generation = 7;
    ticket.expiry_ms = os::SystemClock().wall_ms() + 60'000;
    os::SystemRandom().fill(ticket.nonce);
    ticket.issued_by = "test";
    request.ticket = crypto::issue_ticket(parts.key, ticket);
    if (options.tamper == "spec") request.spec.back() ^= 1;
    if (options.tamper == "ticket") request.ticket.back() ^= 1;
    return request;
}

void print(const sandbox::Completed& completed) {
    std::fputs(completed.standard_output.c_str(), stdout);
    std::fflush(stdout);
    std::fputs(completed.standard_error.c_str(), stderr);
    const jail::Outcome& outcome = completed.outcome;
    for (const auto& call : outcome.denied) {
        std::fprintf(stderr, "denied: %s %u\n", call.name.c_str(), call.count);
    }
    for (const auto& [what, by] : outcome.enforced) {
        std::fprintf(stderr, "enforced: %s: %s\n", what.c_str(), by.c_str());
    }
    for (const auto& note : outcome.notes) std::fprintf(stderr, "note: %s\n", note.c_str());
    if (completed.stopped_for_output) std::fprintf(stderr, "stopped: too much output\n");
    std::fprintf(stderr, "used: wall %.2f ms, cpu %.2f ms, memory %.1f MiB\n",
                 static_cast<double>(outcome.usage.wall_us) / 1000,
                 static_cast<double>(outcome.usage.cpu_us) / 1000,
                 static_cast<double>(outcome.usage.memory_peak_bytes) / (1 << 20));
    std::fprintf(stderr, "outcome: %s: %s\n",
                 std::string(jail::ending_name(outcome.ending)).c_str(),
                 jail::describe(outcome).c_str());
}

Result<int> run(const Options& options) {
    auto parts = TRY(start_launcher(options));
    auto request = TRY(make_request(options, parts));
    const auto started = TRY(sandbox::CommandRun::start(*parts.client, std::move(request)));
    const auto completed = TRY(started->wait(
        os::Deadline::after_ms(static_cast<std::int64_t>(options.spec.limits.wall_ms + 30'000))));
    print(completed);
    if (completed.outcome.ending == jail::Ending::not_started) return 3;
    const bool clean = completed.outcome.ending == jail::Ending::exited;
    return clean && completed.outcome.code == 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
    const auto options = read_options(Arguments(argv + 1, argv + argc));
    if (!options) {
        std::fprintf(stderr, "run_one: %s\n", options.error().what.c_str());
        return 2;
    }
    const auto code = run(*options);
    if (code) return *code;
    std::fprintf(stderr, "outcome: refused: %s\n", code.error().what.c_str());
    return 3;
}
