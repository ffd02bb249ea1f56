#include "jail/inside.h"

#include <fcntl.h>
#include <linux/close_range.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <span>

#include "jail/authority.h"
#include "jail/landlock.h"
#include "jail/network.h"
#include "jail/privileges.h"
#include "jail/report.h"
#include "jail/root.h"
#include "jail/terminal.h"
#include "jail/walls.h"
#include "os/error.h"

extern char** environ;

namespace hs::jail {
namespace {

using base::Code;
using base::fail;
using base::Result;
using os::Fd;

constexpr int exit_setup_failed = 125;
constexpr int first_inherited = 3;

void send_report(int socket, const Report& report, std::span<const int> descriptors = {}) {
    const std::size_t bytes = descriptors.size() * sizeof(int);
    struct iovec part {
        const_cast<Report*>(&report), sizeof report
    };
    struct msghdr message {};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(int) * Report::descriptors_max)] = {};
    if (!descriptors.empty() && descriptors.size() <= Report::descriptors_max) {
        message.msg_control = control;
        message.msg_controllen = CMSG_SPACE(bytes);
        struct cmsghdr* const head = CMSG_FIRSTHDR(&message);
        head->cmsg_level = SOL_SOCKET;
        head->cmsg_type = SCM_RIGHTS;
        head->cmsg_len = CMSG_LEN(bytes);
        std::memcpy(CMSG_DATA(head), descriptors.data(), bytes);
    }
    while (::sendmsg(socket, &message, MSG_NOSIGNAL) < 0 && errno == EINTR) {
    }
}

void tell(int socket, ReportKind kind, std::string_view text) {
    Report report;
    report.kind = kind;
    report.set_text(text);
    send_report(socket, report);
}

// One build of one sandbox; `step` names what is being done, for the message of a failure.
class Inside {
  public:
    explicit Inside(const InsidePlace& place) : place_(place) {}
    // Two steps: what every sandbox has, and what this order wants.
    Result<> prepare(const InsideOrder* known);
    Result<> complete(const InsideOrder& order);
    [[noreturn]] void run();
    const char* step = "start";

  private:
    void close_others(const InsideOrder* known) const;
    Result<> enter_namespaces();
    Result<> name_host();
    Result<> open_network();
    Result<> open_terminal();
    Result<> build_root();
    Result<> check_what_runs();
    Result<> stage_files(NewRoot& root);
    Result<> lock_down();
    Result<> become_command();
    [[noreturn]] void exec_command();
    [[noreturn]] void reap(pid_t command);

    const InsidePlace& place_;
    const InsideOrder* order_ = nullptr;  // set by complete()
    std::optional<NewRoot> root_;
    Executable executable_;
    Fd terminal_;  // the command's side
};

Result<> Inside::prepare(const InsideOrder* known) {
    if (stands(Wall::descriptors)) close_others(known);
    step = "namespaces";
    TRY(enter_namespaces());
    step = "root";
    if (!stands(Wall::root)) return {};
    root_ = TRY(NewRoot::begin());
    step = "root: devices and proc";
    return root_->furnish_common();
}

Result<> Inside::complete(const InsideOrder& order) {
    order_ = &order;
    step = "namespaces";
    TRY(name_host());
    step = "network";
    TRY(open_network());
    step = "root";
    if (root_) TRY(build_root());
    step = "executable";
    TRY(check_what_runs());
    step = "lock down";
    return lock_down();
}

// The launcher's own descriptors: its channels, and those of other sandboxes.
void Inside::close_others(const InsideOrder* known) const {
    std::vector<unsigned> kept = {0, 1, 2, static_cast<unsigned>(place_.reports)};
    if (known != nullptr) {
        for (const Fd& fd : known->descriptors) kept.push_back(static_cast<unsigned>(fd.get()));
        for (const int map : known->identity.id_maps) {
            if (map >= 0) kept.push_back(static_cast<unsigned>(map));
        }
    }
    std::ranges::sort(kept);
    unsigned next = 0;
    for (const unsigned number : kept) {
        if (number > next) ::close_range(next, number - 1, 0);
        next = number + 1;
    }
    ::close_range(next, ~0U, 0);
}

// Asks the launcher for what only it can do and waits until it is done.
Result<> ask_launcher(int reports, ReportKind kind) {
    Report report;
    report.kind = kind;
    send_report(reports, report);
    char answer = 0;
    while (::recv(reports, &answer, 1, 0) < 0) {
        if (errno != EINTR) return os::fail_errno("waiting for the launcher", errno);
    }
    if (answer == 1) return {};
    return fail(Code::denied, "the launcher could not do its part");
}

Result<> Inside::enter_namespaces() {
    if (place_.powers == Powers::ordinary && stands(Wall::user)) {
        // The files of a process that cannot be dumped belong to root, its maps among them.
        ::prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
        TRY(write_identity("self", Powers::ordinary, place_.host));
        ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
    }
    return leave_keyrings();
}

Result<> Inside::name_host() {
    const std::string& name = order_->spec.hostname;
    if (::sethostname(name.data(), name.size()) != 0 && stands(Wall::user)) {
        return os::fail_errno("naming the host", errno);
    }
    return {};
}

// The namespace is still empty: no program of the sandbox can have taken a port.
Result<> Inside::open_network() {
    if (!stands(Wall::network)) return {};
    if (order_->spec.network == os::NetworkMode::none) {
        return order_->spec.attempts == os::AttemptRecord::kept ? open_dead_end() : Result<>();
    }
    const std::vector<Fd> opened = TRY(open_outlets());
    std::vector<int> numbers;
    for (const Fd& one : opened) numbers.push_back(one.get());
    Report report;
    report.kind = ReportKind::outlets;
    send_report(place_.reports, report, numbers);
    return {};
}

Result<> Inside::open_terminal() {
    if (order_->spec.terminal == os::TerminalMode::none || !root_) return {};
    step = "terminal";
    TerminalEnds ends = TRY(make_terminal(*root_, order_->identity));
    Report report;
    report.kind = ReportKind::terminal;
    const int number = ends.outer.get();
    send_report(place_.reports, report, {&number, 1});
    terminal_ = std::move(ends.inner);
    return {};
}

Result<> Inside::build_root() {
    step = "root: scratch space";
    TRY(root_->furnish(order_->spec, order_->identity));
    step = "mounts";
    TRY(root_->mount_grants(order_->spec, order_->identity));
    step = "masks";
    TRY(root_->mask(order_->spec, place_.hidden));
    step = "pivot_root";
    TRY(root_->enter());
    TRY(open_terminal());
    step = "trusted certificates";
    if (!order_->spec.network_authority.empty()) {
        TRY(trust_authority(*root_, order_->spec.network_authority));
    }
    step = "staged files";
    return stage_files(*root_);
}

Result<> Inside::stage_files(NewRoot& root) {
    std::uint64_t left = os::LaunchSpec::staged_bytes_max;
    for (std::size_t i = 0; i < order_->spec.staged.size(); ++i) {
        const os::StagedFile& file = order_->spec.staged[i];
        const int source = order_->descriptors[first_inherited + i].get();
        const auto bytes = TRY(read_checked(source, file.sha256, left, file.target));
        left -= bytes.size();
        if (file.form == os::StagedForm::folder) {
            TRY(root.stage_folder(file.target, bytes));
        } else {
            TRY(root.stage(file.target, bytes));
        }
    }
    return {};
}

Result<> Inside::check_what_runs() {
    const os::Command& command = order_->spec.command;
    executable_ =
        TRY(open_executable(command.executable, command.executable_sha256, order_->hashes));
    if (executable_.fresh_hash) {
        Report report;
        report.kind = ReportKind::hashed;
        report.version = executable_.version;
        report.digest = command.executable_sha256;
        send_report(place_.reports, report);
    }
    if (executable_.script && root_) {
        const auto bytes = TRY(read_checked(executable_.fd.get(), command.executable_sha256,
                                            Executable::script_bytes_max, command.executable));
        TRY(root_->pin(executable_.fd.get(), bytes));
    }
    if (root_) TRY(root_->seal());
    return {};
}

Result<> Inside::lock_down() {
    const bool new_user = order_->identity.powers == Powers::root && stands(Wall::user);
    if (new_user) {
        step = "user namespace";
        if (::unshare(CLONE_NEWUSER) != 0) return os::fail_errno("making a user namespace", errno);
    }
    if (new_user || order_->await_group) {
        TRY(ask_launcher(place_.reports, new_user ? ReportKind::map_me : ReportKind::grouped));
    }
    // Its root is the group that we are in now.
    if (::unshare(CLONE_NEWCGROUP) != 0 && errno != EINVAL && errno != EPERM) {
        return os::fail_errno("making a control group namespace", errno);
    }
    step = "resource limits";
    TRY(apply_rlimits(order_->spec.limits,
                      order_->bound_data ? MemoryRlimit::yes : MemoryRlimit::no));
    step = "user";
    if (stands(Wall::user)) TRY(become_inside_user(order_->identity.powers));
    step = "capabilities";
    if (stands(Wall::capabilities)) TRY(drop_capabilities());
#ifdef HS_REMOVABLE_WALLS
    if (!stands(Wall::capabilities)) keep_capabilities();
#endif
    // Changing the user clears it, so it is set only now.
    if (::prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0) return os::fail_errno("prctl", errno);
    ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
    step = "working directory";
    if (::chdir(order_->spec.command.working_directory.c_str()) != 0) {
        return os::fail_errno("entering " + order_->spec.command.working_directory, errno);
    }
    step = "no new privileges";
    if (stands(Wall::no_new_privileges)) TRY(forbid_new_privileges());
    step = "Landlock";
    const int abi = landlock_abi(place_.landlock_abi_max);
    if (stands(Wall::landlock)) TRY(apply_landlock(order_->spec, abi));
    tell(place_.reports, ReportKind::enforced,
         abi > 0 ? "landlock\nABI " + std::to_string(abi) : std::string("landlock\nnot enforced"));
    step = "system call filter";
    if (!stands(Wall::seccomp)) return {};
    const Fd listener = TRY(place_.filter.install(order_->spec.attempts));
    Report report;
    report.kind = ReportKind::listener;
    const int number = listener.get();
    send_report(place_.reports, report, {&number, 1});
    return {};
}

void Inside::run() {
    const pid_t command = ::fork();
    if (command == 0) exec_command();
    if (command > 0) reap(command);
    Report report;
    report.kind = ReportKind::failed;
    report.set_step("start");
    report.set_text(os::fail_errno("starting the command", errno).error.what);
    send_report(place_.reports, report);
    ::_exit(exit_setup_failed);
}

void reset_signals() {
    for (int number = 1; number < NSIG; ++number) ::signal(number, SIG_DFL);
    sigset_t none;
    ::sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

Result<> Inside::become_command() {
    if (stands(Wall::session) && ::setsid() < 0) return os::fail_errno("starting a session", errno);
    for (int number = 0; number < first_inherited; ++number) {
        const int given = order_->descriptors[static_cast<std::size_t>(number)].get();
        if (::dup2(terminal_ ? terminal_.get() : given, number) < 0) {
            return os::fail_errno("handing over standard input and output", errno);
        }
    }
    if (terminal_ && ::ioctl(0, TIOCSCTTY, 0) != 0) {
        return os::fail_errno("taking the terminal", errno);
    }
    // Closed by the exec: until then a failure can still be reported.
    const auto flags = CLOSE_RANGE_CLOEXEC;
    if (::close_range(first_inherited, ~0U, flags) != 0)
        return os::fail_errno("close_range", errno);
    if (!stands(Wall::descriptors)) {
        for (int number = first_inherited; number < 64; ++number) ::fcntl(number, F_SETFD, 0);
    }
    ::umask(022);
    reset_signals();
    return {};
}

void Inside::exec_command() {
    const os::Command& command = order_->spec.command;
    std::vector<std::string> entries;
    for (const auto& [name, value] : command.environment) entries.push_back(name + "=" + value);
    std::vector<char*> environment;
    for (std::string& entry : entries) environment.push_back(entry.data());
    environment.push_back(nullptr);
    std::vector<char*> argv;
    for (const std::string& argument : command.argv)
        argv.push_back(const_cast<char*>(argument.data()));
    argv.push_back(nullptr);
    char** const variables = stands(Wall::environment) ? environment.data() : environ;

    Result<> ready = become_command();
    if (ready) {
        if (executable_.script) {
            ::execve(command.executable.c_str(), argv.data(), variables);
        } else {
            ::execveat(executable_.fd.get(), "", argv.data(), variables, AT_EMPTY_PATH);
        }
        ready = os::fail_errno("executing " + command.executable, errno);
    }
    Report report;
    report.kind = ReportKind::failed;
    report.set_step("exec");
    report.set_text(ready.error().what);
    send_report(place_.reports, report);
    ::_exit(exit_setup_failed);
}

// As process 1: orphans come here, and when this process ends the kernel kills all others.
void Inside::reap(pid_t command) {
    // Neither the pipes nor the lease on the executable are held any longer than the command does.
    const auto reports = static_cast<unsigned>(place_.reports);
    if (reports > 0) ::close_range(0, reports - 1, 0);
    ::close_range(reports + 1, ~0U, 0);
    int status = 0;
    while (true) {
        int ended = 0;
        const pid_t pid = ::waitpid(-1, &ended, 0);
        if (pid == command) {
            status = ended;
            break;
        }
        if (pid < 0 && errno != EINTR) break;
    }
    if (stands(Wall::reaper) && ::getpid() == 1) {
        ::kill(-1, SIGKILL);
        while (::waitpid(-1, nullptr, 0) > 0 || errno == EINTR) {
        }
    }
    struct rusage used {};
    ::getrusage(RUSAGE_CHILDREN, &used);
    Report report;
    report.kind = ReportKind::ended;
    report.wait_status = status;
    const auto us = [](const struct timeval& time) {
        return static_cast<std::uint64_t>(time.tv_sec) * 1'000'000 +
               static_cast<std::uint64_t>(time.tv_usec);
    };
    report.cpu_us = us(used.ru_utime) + us(used.ru_stime);
    report.memory_peak_bytes = static_cast<std::uint64_t>(used.ru_maxrss) * 1024;
    send_report(place_.reports, report);
    // Taken down: what the command left behind lives as long as this process.
    while (!stands(Wall::reaper) && ::waitpid(-1, nullptr, 0) > 0) {
    }
    ::_exit(0);
}

}  // namespace

namespace {

[[noreturn]] void give_up(const Inside& inside, const InsidePlace& place, const Result<>& done) {
    Report report;
    report.kind = ReportKind::failed;
    report.set_step(inside.step);
    report.set_text(done.error().what);
    send_report(place.reports, report);
    ::_exit(exit_setup_failed);
}

}  // namespace

void run_inside(const InsidePlace& place, const InsideOrder& order) {
    Inside inside(place);
    Result<> built = inside.prepare(&order);
    if (built) built = inside.complete(order);
    if (built) inside.run();
    give_up(inside, place, built);
}

void wait_inside(const InsidePlace& place) {
    // The launcher may have ended before this: then its end of the socket is closed.
    ::prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
    Inside inside(place);
    Result<> built = inside.prepare(nullptr);
    if (!built) give_up(inside, place, built);
    inside.step = "order";
    auto order = receive_order(place.reports);
    if (!order) give_up(inside, place, order.failure());
    if (!*order) ::_exit(0);
    const InsideOrder view = (*order)->view();
    built = inside.complete(view);
    if (built) inside.run();
    give_up(inside, place, built);
}

}  // namespace hs::jail
