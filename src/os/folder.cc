#include "os/folder.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "os/error.h"

namespace hs::os {

using base::Code;
using base::fail;

namespace {

constexpr unsigned rename_noreplace = 1U << 0U;  // linux/fs.h, which clashes with other headers
constexpr unsigned rename_exchange = 1U << 1U;

void check_name(const std::string& name) {
    CHECK(!name.empty() && name.find('/') == std::string::npos && name != "." && name != "..");
}

std::string own_link(int fd) {
    return fmt::format("/proc/self/fd/{}", fd);
}

int rename_within(int folder, const std::string& from, const std::string& to, unsigned flags) {
    return static_cast<int>(
        ::syscall(SYS_renameat2, folder, from.c_str(), folder, to.c_str(), flags));
}

FileFacts::Kind kind_of_entry(int folder, const dirent& entry) {
    switch (entry.d_type) {
        case DT_REG:
            return FileFacts::Kind::regular;
        case DT_DIR:
            return FileFacts::Kind::directory;
        case DT_LNK:
            return FileFacts::Kind::link;
        case DT_UNKNOWN: {
            const auto facts = facts_in(folder, entry.d_name);
            return facts ? facts->kind : FileFacts::Kind::other;
        }
        default:
            return FileFacts::Kind::other;
    }
}

}  // namespace

namespace {

// openat2(2) refuses flags that O_PATH would ignore.
int with_standing_flags(int flags) {
    return flags | O_CLOEXEC | ((flags & O_PATH) != 0 ? 0 : O_NOCTTY);
}

// The number of the descriptor, or -1 and errno.
int open_resolving(int folder, const std::string& path, open_how& how) {
    for (int tries = 0; tries < 64; ++tries) {
        const long number = ::syscall(SYS_openat2, folder, path.c_str(), &how, sizeof how);
        if (number >= 0) return static_cast<int>(number);
        // EAGAIN: the kernel saw a rename during the walk and cannot prove the answer.
        if (errno != EAGAIN && errno != EINTR) break;
    }
    return -1;
}

}  // namespace

Result<Fd> open_exact(int folder, const std::string& path, int flags, mode_t mode) {
    open_how how{};
    how.flags = static_cast<std::uint64_t>(with_standing_flags(flags | O_NOFOLLOW));
    how.mode = (flags & O_CREAT) != 0 ? mode : 0;
    how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
    Fd opened(open_resolving(folder, path, how));
    if (opened) return opened;
    if (errno == EXDEV || errno == ELOOP) {
        return fail(Code::denied, fmt::format("{} leads over a link or out of its folder now; "
                                              "look at it again and ask again",
                                              path));
    }
    return fail_errno(fmt::format("opening {}", path), errno);
}

Result<Fd> find_beneath(int folder, const std::string& path) {
    open_how how{};
    how.flags = static_cast<std::uint64_t>(with_standing_flags(O_PATH));
    how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
    Fd opened(open_resolving(folder, path, how));
    if (opened) return opened;
    if (errno == EXDEV || errno == ELOOP) {
        return fail(Code::denied,
                    fmt::format("{} leads out of its folder; name a path inside it", path));
    }
    return fail_errno(fmt::format("opening {}", path), errno);
}

Result<Fd> reopen(int fd, int flags) {
    Fd opened(::open(own_link(fd).c_str(), flags | O_CLOEXEC | O_NOCTTY));
    if (!opened) return fail_errno("opening a file again", errno);
    return opened;
}

Result<std::string> path_of(int fd) {
    std::array<char, 4097> target{};
    const ssize_t size = ::readlink(own_link(fd).c_str(), target.data(), target.size());
    if (size < 0) return fail_errno("asking for a descriptor's path", errno);
    if (static_cast<std::size_t>(size) == target.size()) {
        return fail(Code::invalid_input, "the path is longer than 4096 bytes");
    }
    struct stat held {};
    if (::fstat(fd, &held) != 0) return fail_errno("reading a file's facts", errno);
    if (held.st_nlink == 0) return fail(Code::not_found, "the file was removed");
    return std::string(target.data(), static_cast<std::size_t>(size));
}

Result<bool> lies_on_kernel_filesystem(int fd) {
    struct statfs held {};
    if (::fstatfs(fd, &held) != 0) return fail_errno("asking for a file system's kind", errno);
    switch (static_cast<unsigned long>(held.f_type)) {
        case PROC_SUPER_MAGIC:
        case SYSFS_MAGIC:
        case DEBUGFS_MAGIC:
        case TRACEFS_MAGIC:
        case SECURITYFS_MAGIC:
        case CGROUP_SUPER_MAGIC:
        case CGROUP2_SUPER_MAGIC:
        case BPF_FS_MAGIC:
        case DEVPTS_SUPER_MAGIC:
            return true;
        default:
            return false;
    }
}

Result<Listed> read_entries(int fd, std::size_t entries_max, std::vector<FolderEntry>& entries) {
    Fd own = TRY(reopen(fd, O_RDONLY | O_DIRECTORY));
    DIR* folder = ::fdopendir(own.get());
    if (folder == nullptr) return fail_errno("listing a folder", errno);
    (void)own.release();  // closedir closes it
    Listed listed = Listed::whole;
    for (;;) {
        errno = 0;
        const dirent* entry = ::readdir(folder);
        if (entry == nullptr) break;
        if (std::strcmp(entry->d_name, ".") == 0 || std::strcmp(entry->d_name, "..") == 0) continue;
        if (entries.size() >= entries_max) {
            listed = Listed::cut;
            break;
        }
        entries.push_back({entry->d_name, kind_of_entry(::dirfd(folder), *entry)});
    }
    const int trouble = errno;
    ::closedir(folder);
    if (trouble != 0 && listed == Listed::whole) return fail_errno("listing a folder", trouble);
    return listed;
}

Result<FileFacts> facts_in(int folder, const std::string& name) {
    check_name(name);
    const Fd held(::openat(folder, name.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
    if (!held) return fail_errno(fmt::format("looking at {}", name), errno);
    return facts_of(held.get());
}

Result<> make_folder_in(int folder, const std::string& name, mode_t mode) {
    check_name(name);
    if (::mkdirat(folder, name.c_str(), mode) == 0) return {};
    return fail_errno(fmt::format("making the folder {}", name), errno);
}

Result<> rename_to_free_name(int folder, const std::string& from, const std::string& to) {
    check_name(from);
    check_name(to);
    if (rename_within(folder, from, to, rename_noreplace) == 0) return {};
    if (errno == EEXIST) {
        return fail(Code::conflict, fmt::format("{} exists already; look at it first", to));
    }
    return fail_errno(fmt::format("renaming {} to {}", from, to), errno);
}

Result<> exchange_names(int folder, const std::string& one, const std::string& other) {
    check_name(one);
    check_name(other);
    if (rename_within(folder, one, other, rename_exchange) == 0) return {};
    return fail_errno(fmt::format("putting {} in the place of {}", one, other), errno);
}

Result<> remove_name(int folder, const std::string& name) {
    check_name(name);
    if (::unlinkat(folder, name.c_str(), 0) == 0) return {};
    return fail_errno(fmt::format("removing {}", name), errno);
}

Result<> remove_folder(const std::string& path) {
    if (::rmdir(path.c_str()) == 0) return {};
    return fail_errno(fmt::format("removing {}", path), errno);
}

Result<> set_mode_and_owner(int fd, const FileFacts& wanted) {
    const FileFacts now = TRY(facts_of(fd));
    const bool other_owner = now.owner != wanted.owner || now.group != wanted.group;
    // An ordinary user cannot give files away; then the file stays theirs.
    if (other_owner && ::fchown(fd, wanted.owner, wanted.group) != 0 && errno != EPERM) {
        return fail_errno("setting a file's owner", errno);
    }
    if (::fchmod(fd, static_cast<mode_t>(wanted.mode & 0777U)) != 0) {
        return fail_errno("setting a file's mode", errno);
    }
    return {};
}

Result<> sync_names(int folder) {
    const Fd own = TRY(reopen(folder, O_RDONLY | O_DIRECTORY));
    if (::fsync(own.get()) != 0) return fail_errno("making a folder durable", errno);
    return {};
}

}  // namespace hs::os
