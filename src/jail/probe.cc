#include "jail/probe.h"

#include <sched.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

#include "jail/advice.h"
#include "jail/cgroup.h"
#include "jail/identity.h"
#include "jail/landlock.h"
#include "os/file.h"

namespace hs::jail {
namespace {

// The child tells by its exit code: which try failed, and with which errno.
constexpr int proc_failed = 128;

std::string setting(const char* path) {
    auto text = os::read_text(path, 4096);
    if (!text) return {};
    while (!text->empty() && (text->back() == '\n' || text->back() == ' ')) text->pop_back();
    return *text;
}

std::string seccomp_mode() {
    const std::string status = setting("/proc/self/status");
    const std::size_t at = status.find("\nSeccomp:\t");
    return at == std::string::npos ? std::string() : status.substr(at + 10, 1);
}

[[noreturn]] void try_proc() {
    const int fd = ::fsopen("proc", FSOPEN_CLOEXEC);
    int problem = fd < 0 ? errno : 0;
    if (fd >= 0 && ::fsconfig(fd, FSCONFIG_CMD_CREATE, nullptr, nullptr, 0) != 0) problem = errno;
    if (problem == 0 && ::fsmount(fd, FSMOUNT_CLOEXEC, 0) < 0) problem = errno;
    ::_exit(problem == 0 ? 0 : proc_failed | (problem & 127));
}

void try_sandbox(ProbeFacts& facts) {
    const unsigned long flags = CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET |
                                CLONE_NEWIPC | CLONE_NEWUTS | SIGCHLD;
    const long pid = ::syscall(SYS_clone, flags, nullptr, nullptr, nullptr, 0);
    if (pid == 0) try_proc();
    if (pid < 0) {
        facts.clone_errno = errno;
        return;
    }
    int status = 0;
    while (::waitpid(static_cast<pid_t>(pid), &status, 0) < 0 && errno == EINTR) {
    }
    if (WIFEXITED(status) && WEXITSTATUS(status) != 0) facts.proc_errno = WEXITSTATUS(status) & 127;
}

ProbeFacts gather() {
    ProbeFacts facts;
    facts.apparmor_restrict = setting("/proc/sys/kernel/apparmor_restrict_unprivileged_userns");
    facts.max_user_namespaces = setting("/proc/sys/user/max_user_namespaces");
    facts.unprivileged_clone = setting("/proc/sys/kernel/unprivileged_userns_clone");
    facts.seccomp_mode = seccomp_mode();
    facts.root = ::geteuid() == 0;
    return facts;
}

SandboxProbe because(SandboxCause cause, std::string explanation, std::string fix) {
    SandboxProbe probe;
    probe.cause = cause;
    probe.explanation = std::move(explanation);
    probe.fix = std::move(fix);
    return probe;
}

}  // namespace

SandboxProbe judge(const ProbeFacts& facts) {
    const bool denied = facts.clone_errno != 0 || facts.proc_errno != 0;
    if (!denied) return {};
    if (facts.max_user_namespaces == "0") {
        return because(SandboxCause::no_user_namespaces,
                       "the kernel is told to allow no user namespaces",
                       "sudo sysctl user.max_user_namespaces=15000");
    }
    if (!facts.root && facts.unprivileged_clone == "0") {
        return because(SandboxCause::clone_sysctl,
                       "the kernel allows user namespaces to root alone",
                       "sudo sysctl kernel.unprivileged_userns_clone=1");
    }
    // AppArmor lets the namespace be made and then refuses what needs its capabilities.
    if (!facts.root && facts.apparmor_restrict == "1") {
        return because(SandboxCause::apparmor,
                       "AppArmor restricts user namespaces to programs with a profile",
                       "install the launcher's AppArmor profile: sudo apparmor_parser -r "
                       "/etc/apparmor.d/hardshell-launcher");
    }
    if (facts.clone_errno == ENOSYS || facts.clone_errno == EINVAL) {
        return because(SandboxCause::old_kernel, "the kernel lacks namespaces that are needed",
                       "boot Linux 5.14 or later with CONFIG_USER_NS");
    }
    if (facts.clone_errno == 0) {
        return because(SandboxCause::proc_masked,
                       "a fresh /proc may not be mounted here, as in a container that masks it",
                       "start the container with --security-opt systempaths=unconfined, or run "
                       "Hardshell outside it");
    }
    if (facts.seccomp_mode == "2" || facts.clone_errno == EPERM) {
        return because(SandboxCause::container,
                       "a container or a system call filter forbids new namespaces",
                       "start the container with a seccomp profile that allows clone and unshare "
                       "with CLONE_NEWUSER, or run Hardshell outside it");
    }
    return because(
        SandboxCause::unknown,
        std::string("namespaces cannot be made: ") + ::strerrordesc_np(facts.clone_errno),
        "see dmesg and the limits under /proc/sys/user");
}

SandboxProbe probe_sandbox() {
    ProbeFacts facts = gather();
    try_sandbox(facts);
    SandboxProbe probe = judge(facts);
    probe.landlock_abi = landlock_abi(landlock_abi_known);
    const GroupKind kind = ControlGroups::discover().kind();
    probe.memory_limit_by = kind == GroupKind::version_2   ? "control group v2"
                            : kind == GroupKind::version_1 ? "control group v1"
                                                           : "watchdog";
    return probe;
}

std::string namespace_advice(int number) {
    ProbeFacts facts = gather();
    facts.clone_errno = number;
    const SandboxProbe probe = judge(facts);
    return probe.explanation + " (" + ::strerrordesc_np(number) + "); to mend it: " + probe.fix;
}

std::string with_advice(const std::string& step, const std::string& text) {
    if (step == "exec" && text.find("No such file") != std::string::npos) {
        return text + "; the program or its interpreter is not in the sandbox's mounts";
    }
    const bool refused =
        text.find("not permitted") != std::string::npos || text.find("denied") != std::string::npos;
    if (!refused ||
        (step != "namespaces" && !step.starts_with("root") && step != "user namespace")) {
        return text;
    }
    ProbeFacts facts = gather();
    facts.proc_errno = EPERM;
    const SandboxProbe probe = judge(facts);
    return text + "; " + probe.explanation + "; to mend it: " + probe.fix;
}

}  // namespace hs::jail
