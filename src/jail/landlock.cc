#include "jail/landlock.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "jail/root.h"
#include "os/error.h"
#include "os/fd.h"

namespace hs::jail {
namespace {

using base::Result;
using os::Fd;

// linux/landlock.h of Debian 12 ends at ABI 2; the numbers are those of Linux 6.15.
constexpr std::uint64_t execute = 1U << 0U;
constexpr std::uint64_t write_file = 1U << 1U;
constexpr std::uint64_t read_file = 1U << 2U;
constexpr std::uint64_t read_dir = 1U << 3U;
constexpr std::uint64_t rights_of_abi_1 = (1U << 13U) - 1;
constexpr std::uint64_t refer = 1U << 13U;      // ABI 2
constexpr std::uint64_t truncate = 1U << 14U;   // ABI 3
constexpr std::uint64_t ioctl_dev = 1U << 15U;  // ABI 5
constexpr std::uint64_t tcp = 0b11;             // ABI 4: bind, connect
constexpr std::uint64_t scopes = 0b11;          // ABI 6: abstract unix sockets, signals
constexpr std::uint32_t query_version = 1;
constexpr int rule_path_beneath = 1;
constexpr std::uint64_t of_files = execute | write_file | read_file | truncate | ioctl_dev;
constexpr std::uint64_t reading = execute | read_file | read_dir;

struct RulesetAttributes {
    std::uint64_t files = 0;
    std::uint64_t network = 0;
    std::uint64_t scoped = 0;
};
struct __attribute__((packed)) PathRule {
    std::uint64_t allowed;
    std::int32_t parent;
};

std::uint64_t rights_of(int abi) {
    std::uint64_t rights = rights_of_abi_1;
    if (abi >= 2) rights |= refer;
    if (abi >= 3) rights |= truncate;
    if (abi >= 5) rights |= ioctl_dev;
    return rights;
}

// A sandbox with a network of its own serves and reaches ports of its namespace at will: the
// namespace is the wall, and what leaves it egress decides.
Result<Fd> make_ruleset(int abi, os::NetworkMode network) {
    RulesetAttributes attributes;
    attributes.files = rights_of(abi);
    if (abi >= 4 && network == os::NetworkMode::none) attributes.network = tcp;
    if (abi >= 6) attributes.scoped = scopes;
    // An older kernel refuses a structure with fields it does not know.
    const std::size_t size = abi >= 6 ? 24 : abi >= 4 ? 16 : 8;
    const long fd = ::syscall(SYS_landlock_create_ruleset, &attributes, size, 0);
    if (fd < 0) return os::fail_errno("making a Landlock ruleset", errno);
    return Fd(static_cast<int>(fd));
}

Result<> allow(int ruleset, const char* path, std::uint64_t rights) {
    const Fd parent(::open(path, O_PATH | O_CLOEXEC));
    if (!parent) {
        if (errno == ENOENT) return {};
        return os::fail_errno(std::string("opening ") + path + " for Landlock", errno);
    }
    struct stat facts {};
    if (::fstat(parent.get(), &facts) != 0) return os::fail_errno("looking at a path", errno);
    PathRule rule{S_ISDIR(facts.st_mode) ? rights : rights & of_files, parent.get()};
    if (rule.allowed == 0) return {};
    if (::syscall(SYS_landlock_add_rule, ruleset, rule_path_beneath, &rule, 0) == 0) return {};
    return os::fail_errno(std::string("adding the Landlock rule for ") + path, errno);
}

}  // namespace

int landlock_abi(int cap) {
    const long abi = ::syscall(SYS_landlock_create_ruleset, nullptr, 0, query_version);
    return std::clamp(static_cast<int>(abi), 0, std::min(cap, landlock_abi_known));
}

Result<> apply_landlock(const os::LaunchSpec& spec, int abi) {
    if (abi <= 0) return {};
    const Fd ruleset = TRY(make_ruleset(abi, spec.network));
    const std::uint64_t all = rights_of(abi);
    // Names at the very top only; READ_DIR without READ_FILE shows no content.
    TRY(allow(ruleset.get(), "/", read_dir));
    for (const char* path : {"/etc", "/proc", "/run/hardshell"}) {
        TRY(allow(ruleset.get(), path, reading));
    }
    for (const char* path : {"/tmp", sandbox_home, "/dev/shm"}) {
        TRY(allow(ruleset.get(), path, all & ~ioctl_dev));
    }
    TRY(allow(ruleset.get(), "/dev", read_dir));
    TRY(allow(ruleset.get(), "/dev/pts", all & (read_file | write_file | ioctl_dev)));
    for (const char* path :
         {"/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom"}) {
        TRY(allow(ruleset.get(), path, all & (read_file | write_file | truncate | ioctl_dev)));
    }
    for (const os::Mount& mount : spec.mounts) {
        const bool writable = mount.access == os::MountAccess::read_write;
        // The rule for /etc holds below it.
        if (!writable && mount.target.starts_with("/etc/")) continue;
        TRY(allow(ruleset.get(), mount.target.c_str(), writable ? all & ~ioctl_dev : reading));
    }
    if (::syscall(SYS_landlock_restrict_self, ruleset.get(), 0) == 0) return {};
    return os::fail_errno("restricting with Landlock", errno);
}

}  // namespace hs::jail
