// MountTree: a detached copy of a tree of the host, restricted before anybody can see it and then
// attached at a descriptor, by the mount calls of Linux 5.2 and 5.12 (open_tree(2), fsmount(2),
// mount_setattr(2), move_mount(2)).
//
// No call takes a path that is resolved twice: sources and targets are descriptors.
// What it does not protect from: being called with too much; it grants what it is told to.
// Threads: for the single thread of a process that builds a sandbox.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "os/fd.h"

namespace hs::jail {

// Attributes as of mount_setattr(2): MOUNT_ATTR_RDONLY and so on.
struct TreeAttributes {
    std::uint64_t set = 0;
    int id_map_namespace = -1;  // a user namespace whose map the tree gets; -1 for none
};

class MountTree {
  public:
    // Copies what the O_PATH descriptor shows, with everything mounted below it.
    static base::Result<MountTree> copy_of(int source);
    // A new file system: "tmpfs" with options such as {"size", "1048576"}, or "proc".
    static base::Result<MountTree> fresh(
        const char* type, const std::vector<std::pair<std::string, std::string>>& options,
        std::uint64_t attributes);

    // The whole tree, private (nothing propagates in or out).
    base::Result<> restrict(const TreeAttributes& attributes);
    // Adds attributes to the topmost mount alone.
    base::Result<> restrict_top(std::uint64_t attributes) const;
    // On top of what the descriptor shows. The tree's descriptor stays usable.
    base::Result<> attach(int target) const;
    int fd() const { return fd_.get(); }

  private:
    explicit MountTree(os::Fd fd) : fd_(std::move(fd)) {}
    os::Fd fd_;
};

// openat2(2) with the given RESOLVE_ flags, close-on-exec; the errno as negative number on failure.
int open_resolved(int folder, const char* path, int flags, std::uint64_t resolve);

}  // namespace hs::jail
