// Work beneath an open folder: every name is taken relative to a descriptor, so that no link and
// no rename on the way can lead elsewhere.
//
// What it does not protect from: changes inside the folder by others at the same time. The calls
// that replace or move a name say which races they exclude.
// Threads: pure functions.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "os/fd.h"
#include "os/file.h"

namespace hs::os {

// openat2(2) with RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS: the path has no
// link in any place, so it is the one canonical way to what is opened. denied when there is one.
Result<Fd> open_exact(int folder, const std::string& path, int flags, mode_t mode = 0600);

// An O_PATH descriptor of what a path leads to; links inside the folder are followed, and the path
// cannot leave it (RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS). denied when it tries.
Result<Fd> find_beneath(int folder, const std::string& path);

// Opens again what an O_PATH descriptor holds, with other flags: the same inode, whatever its name
// has become (through /proc/self/fd, proc(5)).
Result<Fd> reopen(int fd, int flags);

// The absolute path under which the kernel knows the descriptor now (readlink of /proc/self/fd).
// not_found once it was removed.
Result<std::string> path_of(int fd);

// True on proc, sysfs and their kin, whose "files" are doors into the kernel and into processes.
Result<bool> lies_on_kernel_filesystem(int fd);

struct FolderEntry {
    std::string name;
    FileFacts::Kind kind = FileFacts::Kind::other;
};
enum class Listed : std::uint8_t { whole, cut };
// Entries without "." and "..", in the kernel's order; Listed::cut when entries_max was reached.
// fd is a folder opened for reading; a kind that the file system does not tell is looked up.
Result<Listed> read_entries(int fd, std::size_t entries_max, std::vector<FolderEntry>& entries);

// The facts of one name in a folder; a link is not followed. The name holds no '/': CHECKed in all
// functions below.
Result<FileFacts> facts_in(int folder, const std::string& name);
Result<> make_folder_in(int folder, const std::string& name, mode_t mode);
// Gives the name `to` to what `from` names; conflict when `to` is taken (RENAME_NOREPLACE).
Result<> rename_to_free_name(int folder, const std::string& from, const std::string& to);
// Swaps two names in one step (RENAME_EXCHANGE): nothing is lost whatever they name.
Result<> exchange_names(int folder, const std::string& one, const std::string& other);
Result<> remove_name(int folder, const std::string& name);
// An empty folder (rmdir).
Result<> remove_folder(const std::string& path);

// The nine permission bits as given, never set-user-id, set-group-id or sticky, so that new bytes
// do not inherit a right; owner and group where this process may set them and they differ.
Result<> set_mode_and_owner(int fd, const FileFacts& wanted);
// fsync(2): makes new names in an open folder durable.
Result<> sync_names(int folder);

}  // namespace hs::os
