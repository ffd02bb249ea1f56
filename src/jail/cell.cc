#include "jail/cell.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>

#include "jail/advice.h"
#include "jail/inside.h"
#include "jail/walls.h"
#include "os/error.h"

namespace hs::jail {
namespace {

using base::Result;
using os::Fd;

constexpr std::size_t notes_max = 32;
constexpr std::size_t enforced_max = 32;

// Receives one report; the descriptors it carries into `passed`.
ssize_t receive_report(int socket, Report& report, std::vector<Fd>& passed) {
    struct iovec part {
        &report, sizeof report
    };
    struct msghdr message {};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(int) * Report::descriptors_max)] = {};
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    const ssize_t size = ::recvmsg(socket, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    if (size <= 0) return size;
    const struct cmsghdr* const head = CMSG_FIRSTHDR(&message);
    if (head != nullptr && head->cmsg_level == SOL_SOCKET && head->cmsg_type == SCM_RIGHTS) {
        for (std::size_t at = 0; CMSG_LEN(at + sizeof(int)) <= head->cmsg_len; at += sizeof(int)) {
            int number = -1;
            std::memcpy(&number, CMSG_DATA(head) + at, sizeof number);
            passed.emplace_back(number);
        }
    }
    return size;
}

}  // namespace

InsidePlace CellShop::place(int reports) const {
    const os::HostIdentity host{::geteuid(), ::getegid()};
    return {.powers = host.user == 0 ? Powers::root : Powers::ordinary,
            .host = host,
            .hidden = hidden,
            .filter = filter,
            .landlock_abi_max = landlock_abi_max,
            .reports = reports};
}

// Where one cannot be made, the run that follows is cloned as if there were none to prepare, and
// says why it fails.
void CellShop::prepare() {
    if (!prepares || warm.ready()) return;
    ControlGroup group;
    if (stands(Wall::memory_limit)) {
        auto made = groups.make();
        if (made) group = std::move(*made);
    }
    warm.look_at_mounts();
    const ControlGroup left{group.kind, group.folder, {}};
    auto cell = clone_cell(place(-1).powers, std::move(group),
                           [this](int reports) { wait_inside(place(reports)); });
    if (!cell) {
        prepares = false;
        groups.remove({left.kind, left.folder, {}});
        return;
    }
    join_group(*cell);
    warm.keep(std::move(*cell));
}

void CellShop::drop_prepared() {
    if (warm.ready()) groups.remove(warm.drop());
}

Result<std::unique_ptr<Cell>> Cell::start(CellShop& shop, os::LaunchSpec spec,
                                          std::vector<Fd> descriptors,
                                          const crypto::TicketNonce& nonce) {
    std::unique_ptr<Cell> cell(new Cell(shop, std::move(spec)));
    cell->nonce_ = nonce;
    cell->identity_ = TRY(choose_identity(cell->spec_, shop.id_maps));
    cell->outcome_.notes = cell->identity_.notes;
    if (!cell->use_prepared(descriptors)) TRY(cell->clone_process(descriptors));
    cell->describe_enforcement();
    return cell;
}

InsideOrder Cell::order(const std::vector<Fd>& descriptors) const {
    return {.spec = spec_,
            .identity = identity_,
            .descriptors = descriptors,
            .hashes = shop_.hashes,
            .bound_data = watched_};
}

void Cell::take_process(CellProcess process) {
    pid_ = process.pid;
    process_ = std::move(process.process);
    reports_ = std::move(process.reports);
    group_ = std::move(process.group);
    grouped_ = process.grouped;
}

void Cell::begin() {
    started_ = std::chrono::steady_clock::now();
    deadline_ = started_ + std::chrono::milliseconds(spec_.limits.wall_ms);
    next_watch_ = started_ + std::chrono::milliseconds(watch_every_ms);
}

// False where none is ready or it cannot serve; then it is gone.
bool Cell::use_prepared(const std::vector<Fd>& descriptors) {
    auto ready = shop_.warm.take();
    shop_.drop_prepared();  // one that is there still cannot be used
    if (!ready) return false;
    const bool limited = ready->grouped && ControlGroups::limit(ready->group, spec_.limits).ok();
    watched_ = stands(Wall::memory_limit) && ready->group.kind == GroupKind::none;
    begin();
    if (!limited || !send_order(ready->reports.get(), order(descriptors))) {
        shop_.groups.remove(end_cell(std::move(*ready)));
        return false;
    }
    take_process(std::move(*ready));
    return true;
}

Result<> Cell::clone_process(const std::vector<Fd>& descriptors) {
    if (stands(Wall::memory_limit)) {
        // A group that cannot be made now is no reason to run without a limit: the watchdog holds.
        auto group = shop_.groups.make();
        if (group && !ControlGroups::limit(*group, spec_.limits)) {
            shop_.groups.remove(std::move(*group));
            group = ControlGroup();
        }
        if (group) group_ = std::move(*group);
        watched_ = group_.kind == GroupKind::none;
    }
    begin();
    const ControlGroup left{group_.kind, group_.folder, {}};
    const bool awaits = group_.kind == GroupKind::version_1;
    auto process = clone_cell(identity_.powers, std::move(group_), [&](int reports) {
        InsideOrder given = order(descriptors);
        given.await_group = awaits;  // a prepared one is in its group before
        run_inside(shop_.place(reports), given);
    });
    if (!process) {
        shop_.groups.remove({left.kind, left.folder, {}});
        return process.failure();
    }
    // Moving a process waits for a grace period of the kernel; the child goes on building its root
    // meanwhile and asks for the answer before it starts anything.
    join_group(*process);
    take_process(std::move(*process));
    return {};
}

Cell::~Cell() {
    if (finished_ || !process_) return;
    kill(Ending::killed);
    siginfo_t ended{};
    while (::waitid(P_PIDFD, static_cast<id_t>(process_.get()), &ended, WEXITED | __WALL) != 0 &&
           errno == EINTR) {
    }
    shop_.groups.remove(std::move(group_));
}

void Cell::describe_enforcement() {
    auto& list = outcome_.enforced;
    list.push_back({"user", identity_.powers == Powers::root
                                ? "host user " + std::to_string(identity_.host.user)
                                : "the user who runs Hardshell"});
    if (group_.kind == GroupKind::none) {
        list.push_back({"memory", "watchdog and RLIMIT_DATA (" + shop_.groups.reason() + ")"});
    } else {
        list.push_back({"memory", group_.kind == GroupKind::version_2 ? "control group v2"
                                                                      : "control group v1"});
    }
    list.push_back({"processes", "RLIMIT_NPROC in its own user namespace"});
    list.push_back({"processor time", "RLIMIT_CPU of each process"});
    list.push_back({"scratch space", "size of its own tmpfs"});
    list.push_back({"network", has_network() ? "its own namespace; connections go to egress alone"
                                             : "its own namespace without any way out"});
}

void Cell::on_reports() {
    while (true) {
        Report report;
        std::vector<Fd> passed;
        const ssize_t size = receive_report(reports_.get(), report, passed);
        if (size < 0 && errno == EINTR) continue;
        if (size == 0) reports_.close();  // every process that held the other end is gone
        if (size <= 0) return;
        if (size == static_cast<ssize_t>(sizeof report)) take_report(report, std::move(passed));
    }
}

void Cell::take_report(const Report& report, std::vector<Fd> passed) {
    switch (report.kind) {
        case ReportKind::map_me: {
            const auto done = write_identity(std::to_string(pid_), Powers::root, identity_.host);
            if (!done) outcome_.notes.push_back(done.error().what);
            answer(done.ok() && grouped_);
            return;
        }
        case ReportKind::grouped:
            answer(grouped_);
            return;
        case ReportKind::listener:
            if (passed.size() == 1) listener_ = std::move(passed.front());
            return;
        case ReportKind::outlets:
            outlets_ = std::move(passed);
            return;
        case ReportKind::terminal:
            if (passed.size() == 1) terminal_ = std::move(passed.front());
            return;
        case ReportKind::hashed:
            shop_.hashes.remember(report.version, report.digest);
            return;
        case ReportKind::note:
            if (outcome_.notes.size() < notes_max) outcome_.notes.emplace_back(report.text);
            return;
        case ReportKind::enforced: {
            const std::string text = report.text;
            const std::size_t at = std::min(text.find('\n'), text.size());
            if (outcome_.enforced.size() < enforced_max && at < text.size()) {
                outcome_.enforced.push_back({text.substr(0, at), text.substr(at + 1)});
            }
            return;
        }
        case ReportKind::failed:
            failed_ = true;
            outcome_.step = report.step;
            outcome_.problem = with_advice(report.step, report.text);
            return;
        case ReportKind::ended:
            reported_ = true;
            wait_status_ = report.wait_status;
            outcome_.usage.cpu_us = report.cpu_us;
            outcome_.usage.memory_peak_bytes = report.memory_peak_bytes;
            return;
    }
}

void Cell::answer(bool done) {
    const char byte = done ? 1 : 0;
    (void)::send(reports_.get(), &byte, 1, MSG_NOSIGNAL);
}

void Cell::on_listener(short events) {
    if ((events & POLLIN) == 0) {
        // Nobody is left who could make a call; it would stay ready for ever.
        listener_.close();
        return;
    }
    const auto call = answer_call(listener_.get(), spec_.mounts);
    if (!call) {
        listener_.close();
        return;
    }
    if (call->refused) count_refused(*call->refused);
    if (call->attempt) note_attempt(*call->attempt);
}

void Cell::note_attempt(const Attempt& attempt) {
    auto& list = outcome_.attempts;
    if (list.size() < Outcome::attempts_max && std::ranges::find(list, attempt) == list.end()) {
        list.push_back(attempt);
    }
}

void Cell::count_refused(const RefusedCall& call) {
    auto& denied = outcome_.denied;
    const auto known = std::ranges::find(denied, call.name, &DeniedCall::name);
    if (known != denied.end()) {
        ++known->count;
    } else if (denied.size() < Outcome::denied_names_max) {
        denied.push_back({call.name, 1});
    }
    if (call.violation) {
        if (!forced_) outcome_.violation = call.name;
        kill(Ending::violated);
    } else if (++refused_calls_ > refused_calls_max) {
        if (!forced_) outcome_.violation = call.name + ", more than 4096 refused calls";
        kill(Ending::violated);
    }
}

void Cell::kill(Ending reason) {
    if (!forced_) outcome_.ending = reason;
    forced_ = true;
    (void)::syscall(SYS_pidfd_send_signal, process_.get(), SIGKILL, nullptr, 0);
}

std::chrono::steady_clock::time_point Cell::next_check() const {
    return watched_ ? std::min(deadline_, next_watch_) : deadline_;
}

void Cell::check_limits(std::chrono::steady_clock::time_point now) {
    if (now >= deadline_) kill(Ending::timed_out);
    if (!watched_ || now < next_watch_) return;
    next_watch_ = now + std::chrono::milliseconds(watch_every_ms);
    if (memory_of_tree(pid_) > spec_.limits.memory_bytes) kill(Ending::out_of_memory);
}

void Cell::on_process() {
    siginfo_t ended{};
    if (::waitid(P_PIDFD, static_cast<id_t>(process_.get()), &ended, WEXITED | WNOHANG | __WALL) !=
            0 ||
        ended.si_pid == 0) {
        return;
    }
    // What the process still said before it ended.
    if (reports_) on_reports();
    const auto span = std::chrono::steady_clock::now() - started_;
    outcome_.usage.wall_us = static_cast<std::uint64_t>(
        std::chrono::duration_cast<std::chrono::microseconds>(span).count());
    outcome_.usage.memory_peak_bytes =
        std::max(outcome_.usage.memory_peak_bytes, ControlGroups::memory_peak_bytes(group_));
    settle_ending();
    finished_ = true;
    listener_.close();
    shop_.groups.remove(std::move(group_));
    group_ = {};
}

void Cell::settle_ending() {
    const bool out_of_memory = ControlGroups::memory_kills(group_) > 0;
    if (forced_) return;
    if (failed_) {
        outcome_.ending = Ending::not_started;
        return;
    }
    if (!reported_) {
        outcome_.ending = out_of_memory ? Ending::out_of_memory : Ending::not_started;
        outcome_.step = "start";
        outcome_.problem = "the sandbox's first process was killed from outside";
        return;
    }
    if (WIFEXITED(wait_status_)) {
        outcome_.ending = Ending::exited;
        outcome_.code = WEXITSTATUS(wait_status_);
        if (out_of_memory) outcome_.notes.push_back("a process was killed for the memory limit");
        return;
    }
    outcome_.ending = Ending::signalled;
    outcome_.signal = WTERMSIG(wait_status_);
    if (out_of_memory && outcome_.signal == SIGKILL) outcome_.ending = Ending::out_of_memory;
    if (outcome_.signal == SIGSYS) {
        outcome_.ending = Ending::violated;
        outcome_.violation = "a system call of another architecture";
    }
}

}  // namespace hs::jail
