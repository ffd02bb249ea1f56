#include "jail/mount_tree.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

#include "os/error.h"

namespace hs::jail {

using base::Result;
using os::Fd;

Result<MountTree> MountTree::copy_of(int source) {
    constexpr unsigned flags = OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH | AT_RECURSIVE;
    const int fd = ::open_tree(source, "", flags);
    if (fd < 0) return os::fail_errno("copying a tree of mounts", errno);
    return MountTree(Fd(fd));
}

Result<MountTree> MountTree::fresh(const char* type,
                                   const std::vector<std::pair<std::string, std::string>>& options,
                                   std::uint64_t attributes) {
    const std::string action = std::string("making a file system of type ") + type;
    const Fd context(::fsopen(type, FSOPEN_CLOEXEC));
    if (!context) return os::fail_errno(action, errno);
    for (const auto& [key, value] : options) {
        if (::fsconfig(context.get(), FSCONFIG_SET_STRING, key.c_str(), value.c_str(), 0) != 0) {
            return os::fail_errno(action + " with " + key, errno);
        }
    }
    if (::fsconfig(context.get(), FSCONFIG_CMD_CREATE, nullptr, nullptr, 0) != 0) {
        return os::fail_errno(action, errno);
    }
    const int fd = ::fsmount(context.get(), FSMOUNT_CLOEXEC, static_cast<unsigned>(attributes));
    if (fd < 0) return os::fail_errno(action, errno);
    return MountTree(Fd(fd));
}

Result<> MountTree::restrict(const TreeAttributes& attributes) {
    struct mount_attr change {};
    change.attr_set = attributes.set;
    change.propagation = MS_PRIVATE;
    if (attributes.id_map_namespace >= 0) {
        change.attr_set |= MOUNT_ATTR_IDMAP;
        change.userns_fd = static_cast<std::uint64_t>(attributes.id_map_namespace);
    }
    if (::mount_setattr(fd_.get(), "", AT_EMPTY_PATH | AT_RECURSIVE, &change, sizeof change) != 0) {
        return os::fail_errno("restricting a tree of mounts", errno);
    }
    return {};
}

Result<> MountTree::restrict_top(std::uint64_t attributes) const {
    struct mount_attr change {};
    change.attr_set = attributes;
    if (::mount_setattr(fd_.get(), "", AT_EMPTY_PATH, &change, sizeof change) == 0) return {};
    return os::fail_errno("restricting a mount", errno);
}

Result<> MountTree::attach(int target) const {
    constexpr unsigned flags = MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH;
    if (::move_mount(fd_.get(), "", target, "", flags) == 0) return {};
    return os::fail_errno("attaching a mount", errno);
}

int open_resolved(int folder, const char* path, int flags, std::uint64_t resolve) {
    struct open_how how {};
    how.flags = static_cast<std::uint64_t>(flags) | O_CLOEXEC;
    how.resolve = resolve;
    const long fd = ::syscall(SYS_openat2, folder, path, &how, sizeof how);
    return fd < 0 ? -errno : static_cast<int>(fd);
}

}  // namespace hs::jail
