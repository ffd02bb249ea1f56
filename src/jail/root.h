// NewRoot: the file tree of a sandbox, built on an empty tmpfs from nothing but the specification,
// then entered with pivot_root(2) so that the host's tree is gone.
//
// There are: /usr and the other mounts of the specification, a synthetic /etc, a private /tmp,
// /home/user and /dev/shm that share one size limit, five devices, a read-only /proc without its
// sensitive entries, and no /sys.
// What it does not protect from: what a mount grants. Names inside a granted tree are searched for
// masks once, at launch.
// Threads: for the single thread of a process that builds a sandbox, with CAP_SYS_ADMIN over its
// own mount namespace.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "base/result.h"
#include "jail/identity.h"
#include "jail/mount_tree.h"
#include "os/fd.h"
#include "os/launch.h"

namespace hs::jail {

constexpr const char* sandbox_home = "/home/user";
constexpr const char* staged_folder = "/run/hardshell/staged";

class NewRoot {
  public:
    enum class Place : std::uint8_t { folder, file };

    // An empty root, on top of the present one and not yet entered.
    static base::Result<NewRoot> begin();
    // /dev, /proc and what of /etc is always the same.
    base::Result<> furnish_common();
    // The rest of /etc, the scratch space.
    base::Result<> furnish(const os::LaunchSpec& spec, const Identity& identity);
    // What the specification grants, shallow targets first.
    base::Result<> mount_grants(const os::LaunchSpec& spec, const Identity& identity);
    // Masks of the specification, and the host's `hidden` paths wherever a mount shows them.
    base::Result<> mask(const os::LaunchSpec& spec, const std::vector<std::string>& hidden);
    // From here on there is no other tree.
    base::Result<> enter();
    // Puts these bytes, read-only, over the file that the descriptor shows.
    base::Result<> pin(int target, base::ByteView bytes);
    // Puts these bytes, read-only, at the path: below staged_folder, or over a file that exists.
    base::Result<> stage(const std::string& path, base::ByteView bytes);
    // A folder as os/staged_folder.h packs it, read-only, at a path directly in staged_folder.
    base::Result<> stage_folder(const std::string& path, base::ByteView packed);
    // The bytes of a file that the sandbox shows; not_found where it shows none.
    base::Result<base::Bytes> read(const std::string& path, std::size_t bytes_max);
    // The place of a folder that the root already has.
    base::Result<os::Fd> open_folder(const std::string& path);
    // The root itself becomes read-only: the last step.
    base::Result<> seal();

  private:
    explicit NewRoot(MountTree tree) : tree_(std::move(tree)) {}
    int fd() const { return tree_.fd(); }
    base::Result<os::Fd> open_place(const std::string& path, Place place);
    base::Result<os::Fd> make_place(const std::string& path, Place place);
    base::Result<os::Fd> step_into(int folder, const std::string& name, Place place);
    base::Result<os::Fd> make_mask(const char* path);
    base::Result<> write_common_etc();
    base::Result<> write_etc(const os::LaunchSpec& spec);
    base::Result<> make_devices();
    base::Result<> make_proc();
    base::Result<> make_scratch(const os::LaunchSpec& spec, const Identity& identity);
    base::Result<> mount_grant(const os::Mount& mount, int id_map, bool read_only);
    base::Result<> mask_path(const std::string& path);
    base::Result<> hold_in_place(const os::LaunchSpec& spec, const std::string& path);
    base::Result<> mask_entry(int folder, const char* name);
    base::Result<> cover(int target);
    base::Result<os::Fd> write_file(const char* path, base::ByteView bytes, unsigned mode);

    MountTree tree_;
    os::Fd mask_file_;  // read-only and unreadable, to be laid over what is masked
    os::Fd mask_folder_;
    std::uint64_t scratch_device_ = 0;
    std::set<std::string> held_;  // folders that are mounts of their own, so nobody renames them
    unsigned pinned_ = 0;
};

}  // namespace hs::jail
