#include "jail/warm.h"

#include <fcntl.h>
#include <linux/sched.h>
#include <poll.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

#include "jail/advice.h"
#include "jail/walls.h"
#include "os/error.h"

namespace hs::jail {
namespace {

using base::Result;
using os::Fd;

Result<std::pair<Fd, Fd>> report_pair() {
    int ends[2];
    if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) {
        return os::fail_errno("making the report socket", errno);
    }
    return std::pair(Fd(ends[0]), Fd(ends[1]));
}

std::uint64_t namespaces(Powers powers) {
    std::uint64_t flags = CLONE_NEWNS | CLONE_NEWUTS;
    if (stands(Wall::processes)) flags |= CLONE_NEWPID;
    if (stands(Wall::network)) flags |= CLONE_NEWNET;
    if (stands(Wall::ipc)) flags |= CLONE_NEWIPC;
    // Root makes the user namespace last, so that the others belong to the host's and stay out of
    // reach even for somebody who gains capabilities inside.
    if (powers == Powers::ordinary) flags |= CLONE_NEWUSER;
    return flags;
}

}  // namespace

Result<CellProcess> clone_cell(Powers powers, ControlGroup group,
                               const std::function<void(int reports)>& child) {
    auto [outer, inner] = TRY(report_pair());
    int pidfd = -1;
    struct clone_args arguments {};
    arguments.flags = namespaces(powers) | CLONE_PIDFD;
    arguments.pidfd = reinterpret_cast<std::uintptr_t>(&pidfd);
    arguments.exit_signal = SIGCHLD;
    if (group.kind == GroupKind::version_2) {
        arguments.flags |= CLONE_INTO_CGROUP;
        arguments.cgroup = static_cast<std::uint64_t>(group.join.get());
    }
    const long pid = ::syscall(SYS_clone3, &arguments, sizeof arguments);
    if (pid == 0) {
        child(inner.get());
        ::_exit(1);
    }
    if (pid < 0) return base::fail(os::code_of_errno(errno), namespace_advice(errno));
    CellProcess cell;
    cell.pid = static_cast<int>(pid);
    cell.process = Fd(pidfd);
    cell.reports = std::move(outer);
    cell.group = std::move(group);
    cell.grouped = cell.group.kind != GroupKind::version_1;
    return cell;
}

void join_group(CellProcess& cell) {
    if (cell.grouped) return;
    const std::string text = std::to_string(cell.pid);
    cell.grouped = ::write(cell.group.join.get(), text.data(), text.size()) ==
                   static_cast<ssize_t>(text.size());
}

WarmCells::WarmCells() : mounts_(::open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC)) {}

void WarmCells::look_at_mounts() {
    static_cast<void>(mounts_changed());
}

// The kernel tells each change once to each open file.
bool WarmCells::mounts_changed() const {
    pollfd item{mounts_.get(), POLLPRI, 0};
    return !mounts_ || ::poll(&item, 1, 0) != 0;
}

std::optional<CellProcess> WarmCells::take() {
    if (!held_ || mounts_changed()) return std::nullopt;
    pollfd item{held_->process.get(), POLLIN, 0};
    if (::poll(&item, 1, 0) != 0) return std::nullopt;
    auto taken = std::move(held_);
    held_.reset();
    return taken;
}

ControlGroup WarmCells::drop() {
    if (!held_) return {};
    CellProcess cell = std::move(*held_);
    held_.reset();
    return end_cell(std::move(cell));
}

ControlGroup end_cell(CellProcess cell) {
    (void)::syscall(SYS_pidfd_send_signal, cell.process.get(), SIGKILL, nullptr, 0);
    siginfo_t ended{};
    while (::waitid(P_PIDFD, static_cast<id_t>(cell.process.get()), &ended, WEXITED | __WALL) !=
               0 &&
           errno == EINTR) {
    }
    return std::move(cell.group);
}

}  // namespace hs::jail
