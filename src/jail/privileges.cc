#include "jail/privileges.h"

#include <grp.h>
#include <linux/capability.h>
#include <linux/securebits.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

#include "jail/walls.h"
#include "os/error.h"

namespace hs::jail {
namespace {

using base::Result;

constexpr int join_session_keyring = 1;  // KEYCTL_JOIN_SESSION_KEYRING
constexpr unsigned capabilities_max = 64;

Result<> limit(int resource, const char* name, rlim_t soft, rlim_t hard) {
    struct rlimit now {};
    if (::getrlimit(static_cast<__rlimit_resource>(resource), &now) == 0 && now.rlim_max < hard) {
        hard = now.rlim_max;
        soft = std::min(soft, hard);
    }
    const struct rlimit bounds { soft, hard };
    if (::setrlimit(static_cast<__rlimit_resource>(resource), &bounds) == 0) return {};
    return os::fail_errno(std::string("limiting ") + name, errno);
}

}  // namespace

Result<> become_inside_user(Powers powers) {
    if (powers == Powers::root && ::setgroups(0, nullptr) != 0) {
        return os::fail_errno("dropping groups", errno);
    }
    if (::setresgid(inside_group, inside_group, inside_group) != 0) {
        return os::fail_errno("becoming the sandbox's group", errno);
    }
    if (::setresuid(inside_user, inside_user, inside_user) != 0) {
        return os::fail_errno("becoming the sandbox's user", errno);
    }
    return {};
}

Result<> leave_keyrings() {
    const long ring = ::syscall(SYS_keyctl, join_session_keyring, nullptr, 0, 0, 0);
    // A kernel without keyrings has none to leave.
    if (ring >= 0 || errno == ENOSYS) return {};
    return os::fail_errno("starting a new keyring", errno);
}

Result<> drop_capabilities() {
    constexpr unsigned long bits = SECBIT_NOROOT | SECBIT_NOROOT_LOCKED | SECBIT_NO_SETUID_FIXUP |
                                   SECBIT_NO_SETUID_FIXUP_LOCKED | SECBIT_KEEP_CAPS_LOCKED |
                                   SECBIT_NO_CAP_AMBIENT_RAISE | SECBIT_NO_CAP_AMBIENT_RAISE_LOCKED;
    if (::prctl(PR_SET_SECUREBITS, bits, 0, 0, 0) != 0 && errno != EPERM) {
        return os::fail_errno("locking the secure bits", errno);
    }
    for (unsigned capability = 0; capability < capabilities_max; ++capability) {
        if (::prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) == 0) continue;
        if (errno == EINVAL) break;  // the first number that this kernel does not know
        return os::fail_errno("emptying the bounding set", errno);
    }
    if (::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) != 0) {
        return os::fail_errno("emptying the ambient set", errno);
    }
    struct __user_cap_header_struct header {
        _LINUX_CAPABILITY_VERSION_3, 0
    };
    const struct __user_cap_data_struct none[2]{};
    if (::syscall(SYS_capset, &header, none) == 0) return {};
    return os::fail_errno("dropping capabilities", errno);
}

#ifdef HS_REMOVABLE_WALLS
void keep_capabilities() {
    struct __user_cap_header_struct header {
        _LINUX_CAPABILITY_VERSION_3, 0
    };
    struct __user_cap_data_struct sets[2]{};
    ::syscall(SYS_capget, &header, sets);
    for (auto& set : sets) set.inheritable = set.permitted;
    ::syscall(SYS_capset, &header, sets);
    for (unsigned capability = 0; capability < capabilities_max; ++capability) {
        ::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability, 0, 0);
    }
}
#endif

Result<> forbid_new_privileges() {
    if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0) return {};
    return os::fail_errno("setting no-new-privileges", errno);
}

Result<> apply_rlimits(const os::Limits& limits, MemoryRlimit memory) {
    TRY(limit(RLIMIT_CORE, "core dumps", 0, 0));
    TRY(limit(RLIMIT_CPU, "processor time", limits.cpu_s, limits.cpu_s + 1));
    TRY(limit(RLIMIT_NOFILE, "open files", limits.open_files_max, limits.open_files_max));
    TRY(limit(RLIMIT_MEMLOCK, "locked memory", 8U << 20U, 8U << 20U));
    TRY(limit(RLIMIT_MSGQUEUE, "message queues", 819'200, 819'200));
    TRY(limit(RLIMIT_SIGPENDING, "waiting signals", 4096, 4096));
    if (stands(Wall::file_limit)) {
        TRY(limit(RLIMIT_FSIZE, "file size", limits.file_bytes_max, limits.file_bytes_max));
    }
    if (stands(Wall::process_limit)) {
        // The count is that of this user in this user namespace: the reaper and the command.
        const rlim_t most = rlim_t{limits.processes_max} + 1;
        TRY(limit(RLIMIT_NPROC, "processes", most, most));
    }
    if (memory == MemoryRlimit::yes) {
        TRY(limit(RLIMIT_DATA, "memory", limits.memory_bytes, limits.memory_bytes));
    }
    return {};
}

}  // namespace hs::jail
