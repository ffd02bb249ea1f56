#include "jail/identity.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

#include "jail/mount_tree.h"
#include "os/error.h"
#include "os/file.h"

namespace hs::jail {
namespace {

using base::Code;
using base::fail;
using base::Result;
using os::Fd;
using os::HostIdentity;

Result<> put(const std::string& path, const std::string& text) {
    const int fd = ::open(path.c_str(), O_WRONLY | O_CLOEXEC);
    if (fd < 0) return os::fail_errno("opening " + path, errno);
    const Fd file(fd);
    const ssize_t wrote = ::write(fd, text.data(), text.size());
    if (wrote != static_cast<ssize_t>(text.size())) return os::fail_errno("writing " + path, errno);
    return {};
}

std::string map_line(std::uint32_t inside, std::uint32_t outside) {
    return std::to_string(inside) + " " + std::to_string(outside) + " 1";
}

// A process that only holds a new user namespace open until it is killed, or its launcher is: an
// orphan would keep the launcher's sockets open.
Result<pid_t> start_holder() {
    const pid_t launcher = ::getpid();
    const long pid = ::syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, nullptr, nullptr, nullptr, 0);
    if (pid < 0) return os::fail_errno("making a user namespace for an id-mapped mount", errno);
    if (pid == 0) {
        ::prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
        if (::getppid() != launcher) ::_exit(0);  // it ended before it could be waited for
        while (true) ::pause();
    }
    return static_cast<pid_t>(pid);
}

Result<Fd> open_mapped(pid_t holder, const HostIdentity& on_disk, const HostIdentity& seen) {
    const std::string folder = "/proc/" + std::to_string(holder);
    TRY(put(folder + "/uid_map", map_line(on_disk.user, seen.user)));
    TRY(put(folder + "/gid_map", map_line(on_disk.group, seen.group)));
    return os::open_file(folder + "/ns/user", O_RDONLY);
}

bool lies_in(const std::string& path, const std::string& folder) {
    return path.starts_with(folder) &&
           (path.size() == folder.size() || path[folder.size()] == '/' || folder == "/");
}

// The owner of a mount's source; nobody where it cannot be told (the mount itself will say why).
Result<HostIdentity> owner_of(const std::string& source) {
    const int fd =
        open_resolved(AT_FDCWD, source.c_str(), O_PATH | O_NOFOLLOW, RESOLVE_NO_SYMLINKS);
    if (fd < 0) return os::fail_errno("opening " + source, -fd);
    const Fd held(fd);
    struct stat facts {};
    if (::fstat(fd, &facts) != 0) return os::fail_errno("looking at " + source, errno);
    return HostIdentity{facts.st_uid, facts.st_gid};
}

const os::Mount* mount_of(const os::LaunchSpec& spec, const std::string& path) {
    const os::Mount* best = nullptr;
    for (const os::Mount& mount : spec.mounts) {
        const bool longer = best == nullptr || mount.target.size() > best->target.size();
        if (longer && lies_in(path, mount.target)) best = &mount;
    }
    return best;
}

HostIdentity identity_of_root(const os::LaunchSpec& spec) {
    const os::Mount* home = mount_of(spec, spec.command.working_directory);
    if (home == nullptr || home->access != os::MountAccess::read_write) return spec.identity;
    const auto owner = owner_of(home->source);
    // A group of the system (root, disk, docker …) is never taken over with the owner.
    constexpr std::uint32_t first_ordinary = 1000;
    if (!owner || owner->user == 0) return spec.identity;
    return {owner->user, owner->group < first_ordinary ? spec.identity.group : owner->group};
}

}  // namespace

Result<int> IdMaps::between(const HostIdentity& on_disk, const HostIdentity& seen) {
    const Pair pair{on_disk.user, on_disk.group, seen.user, seen.group};
    if (const auto found = maps_.find(pair); found != maps_.end()) return found->second.get();
    if (maps_.size() >= maps_max) maps_.erase(maps_.begin());
    const pid_t holder = TRY(start_holder());
    auto opened = open_mapped(holder, on_disk, seen);
    ::kill(holder, SIGKILL);
    ::waitpid(holder, nullptr, 0);
    if (!opened) return opened.failure();
    return maps_.emplace(pair, std::move(*opened)).first->second.get();
}

Result<Identity> choose_identity(const os::LaunchSpec& spec, IdMaps& maps) {
    Identity identity;
    identity.id_maps.assign(spec.mounts.size(), -1);
    identity.forced_read_only.assign(spec.mounts.size(), 0);
    identity.host = {::geteuid(), ::getegid()};
    if (identity.host.user != 0) return identity;
    identity.powers = Powers::root;
    identity.host = identity_of_root(spec);
    for (std::size_t i = 0; i < spec.mounts.size(); ++i) {
        const os::Mount& mount = spec.mounts[i];
        const bool read_only = mount.access == os::MountAccess::read_only;
        // What is only looked at is the person's own as well: git does not read a stranger's.
        if (read_only && mount.content != os::MountContent::personal) continue;
        const auto owner = owner_of(mount.source);
        if (!owner || owner->user == identity.host.user) continue;
        const auto map = maps.between(*owner, identity.host);
        if (map) {
            identity.id_maps[i] = *map;
            continue;
        }
        if (read_only) continue;
        identity.forced_read_only[i] = 1;
        identity.notes.push_back(mount.target + " is read-only: it belongs to another user and " +
                                 map.error().what);
    }
    return identity;
}

Result<> write_identity(const std::string& process, Powers powers, const HostIdentity& host) {
    const std::string folder = "/proc/" + process;
    if (powers == Powers::ordinary) TRY(put(folder + "/setgroups", "deny"));
    TRY(put(folder + "/uid_map", map_line(inside_user, host.user)));
    return put(folder + "/gid_map", map_line(inside_group, host.group));
}

}  // namespace hs::jail
