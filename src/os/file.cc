#include "os/file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/openat2.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstdlib>
#include <memory>

#include "os/error.h"

namespace hs::os {

using base::Code;
using base::fail;

Result<Fd> open_file(const std::string& path, int flags, mode_t mode) {
    Fd fd(::open(path.c_str(), flags | O_CLOEXEC | O_NOCTTY, mode));
    if (!fd) return fail_errno(fmt::format("opening {}", path), errno);
    return fd;
}

Result<Fd> open_beneath(int folder, const std::string& path, int flags, mode_t mode) {
    open_how how{};
    how.flags = static_cast<std::uint64_t>(flags | O_CLOEXEC | O_NOCTTY);
    how.mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? mode : 0;
    how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
    for (int tries = 0; tries < 16; ++tries) {
        const long number = ::syscall(SYS_openat2, folder, path.c_str(), &how, sizeof how);
        if (number >= 0) return Fd(static_cast<int>(number));
        // EAGAIN: the kernel saw a rename during the walk and cannot prove the answer.
        if (errno != EAGAIN && errno != EINTR) break;
    }
    if (errno == EXDEV) {
        return fail(Code::denied,
                    fmt::format("{} leads out of its folder; name a path inside it", path));
    }
    return fail_errno(fmt::format("opening {}", path), errno);
}

namespace {

FileFacts facts_from(const struct stat& held) {
    FileFacts facts;
    facts.kind = S_ISREG(held.st_mode)   ? FileFacts::Kind::regular
                 : S_ISDIR(held.st_mode) ? FileFacts::Kind::directory
                 : S_ISLNK(held.st_mode) ? FileFacts::Kind::link
                                         : FileFacts::Kind::other;
    facts.size_bytes = static_cast<std::uint64_t>(held.st_size);
    facts.device = held.st_dev;
    facts.inode = held.st_ino;
    facts.modified_ns = held.st_mtim.tv_sec * 1'000'000'000LL + held.st_mtim.tv_nsec;
    facts.changed_ns = held.st_ctim.tv_sec * 1'000'000'000LL + held.st_ctim.tv_nsec;
    facts.mode = held.st_mode & 07777U;
    facts.owner = held.st_uid;
    facts.group = held.st_gid;
    return facts;
}

}  // namespace

Result<FileFacts> facts_of(int fd) {
    struct stat held {};
    if (::fstat(fd, &held) != 0) return fail_errno("reading a file's facts", errno);
    return facts_from(held);
}

Result<FileFacts> facts_of_path(const std::string& path) {
    struct stat held {};
    if (::lstat(path.c_str(), &held) != 0)
        return fail_errno(fmt::format("looking at {}", path), errno);
    return facts_from(held);
}

Result<Bytes> read_all(int fd, std::size_t bytes_max) {
    Bytes bytes;
    const auto facts = facts_of(fd);
    const std::size_t guess = facts ? facts->size_bytes : 0;
    if (guess > bytes_max) {
        return fail(Code::exhausted,
                    fmt::format("the file has {} bytes; at most {} are read", guess, bytes_max));
    }
    std::size_t filled = 0;
    bytes.resize(guess + 1);  // one more, so that the end shows without another buffer
    for (;;) {
        const ssize_t count = ::read(fd, bytes.data() + filled, bytes.size() - filled);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return fail_errno("reading a file", errno);
        if (count == 0) break;
        filled += static_cast<std::size_t>(count);
        if (filled > bytes_max) {
            return fail(
                Code::exhausted,
                fmt::format("the file has more than the {} bytes that are read", bytes_max));
        }
        if (filled == bytes.size()) bytes.resize(std::min(bytes.size() * 2 + 4096, bytes_max + 1));
    }
    bytes.resize(filled);
    return bytes;
}

Result<Bytes> read_file(const std::string& path, std::size_t bytes_max) {
    const Fd fd = TRY(open_file(path, O_RDONLY));
    auto bytes = read_all(fd.get(), bytes_max);
    if (!bytes) return fail(bytes.error().code, fmt::format("{}: {}", path, bytes.error().what));
    return bytes;
}

Result<std::string> read_text(const std::string& path, std::size_t bytes_max) {
    const Bytes bytes = TRY(read_file(path, bytes_max));
    return std::string(base::text_of(bytes));
}

Result<std::size_t> read_at(int fd, std::span<std::uint8_t> out, std::uint64_t offset) {
    std::size_t filled = 0;
    while (filled < out.size()) {
        const ssize_t count = ::pread(fd, out.data() + filled, out.size() - filled,
                                      static_cast<off_t>(offset + filled));
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return fail_errno("reading a file", errno);
        if (count == 0) break;
        filled += static_cast<std::size_t>(count);
    }
    return filled;
}

Result<> write_all(int fd, ByteView bytes) {
    while (!bytes.empty()) {
        const ssize_t count = ::write(fd, bytes.data(), bytes.size());
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return fail_errno("writing a file", errno);
        bytes = bytes.subspan(static_cast<std::size_t>(count));
    }
    return {};
}

Result<> write_all_at(int fd, ByteView bytes, std::uint64_t offset) {
    while (!bytes.empty()) {
        const ssize_t count = ::pwrite(fd, bytes.data(), bytes.size(), static_cast<off_t>(offset));
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return fail_errno("writing a file", errno);
        bytes = bytes.subspan(static_cast<std::size_t>(count));
        offset += static_cast<std::uint64_t>(count);
    }
    return {};
}

Result<> sync_data(int fd) {
    if (::fdatasync(fd) != 0) return fail_errno("making a file durable", errno);
    return {};
}

Result<> sync_folder(const std::string& path) {
    const Fd fd = TRY(open_file(path, O_RDONLY | O_DIRECTORY));
    if (::fsync(fd.get()) != 0) return fail_errno(fmt::format("making {} durable", path), errno);
    return {};
}

namespace {

std::string folder_of(const std::string& path) {
    const std::size_t slash = path.rfind('/');
    if (slash == std::string::npos) return ".";
    return slash == 0 ? "/" : path.substr(0, slash);
}

}  // namespace

Result<> write_file_atomic(const std::string& path, ByteView bytes, mode_t mode) {
    std::string beside = path + ".XXXXXX";
    const Fd fd(::mkostemp(beside.data(), O_CLOEXEC));
    if (!fd) return fail_errno(fmt::format("writing {}", path), errno);
    const auto abandon = [&](base::Failure failure) {
        ::unlink(beside.c_str());
        return failure;
    };
    if (auto done = write_all(fd.get(), bytes); !done) {
        return abandon(fail(done.error().code, fmt::format("{}: {}", path, done.error().what)));
    }
    if (::fchmod(fd.get(), mode) != 0 || ::fdatasync(fd.get()) != 0 ||
        ::rename(beside.c_str(), path.c_str()) != 0) {
        return abandon(fail_errno(fmt::format("writing {}", path), errno));
    }
    return sync_folder(folder_of(path));
}

Result<> make_folders(const std::string& path, mode_t mode) {
    for (std::size_t at = path.find('/', 1);; at = path.find('/', at + 1)) {
        const std::string part = path.substr(0, at);
        if (!part.empty() && ::mkdir(part.c_str(), mode) != 0 && errno != EEXIST) {
            return fail_errno(fmt::format("making the folder {}", part), errno);
        }
        if (at == std::string::npos) return {};
    }
}

Result<> make_private_folder(const std::string& path) {
    TRY(make_folders(folder_of(path)));
    if (::mkdir(path.c_str(), 0700) == 0) return {};
    if (errno != EEXIST) return fail_errno(fmt::format("making the folder {}", path), errno);
    const FileFacts facts = TRY(facts_of_path(path));
    if (facts.kind != FileFacts::Kind::directory) {
        return fail(Code::conflict, fmt::format("{} is no folder; move it away", path));
    }
    if (facts.owner != ::geteuid()) {
        return fail(Code::denied, fmt::format("{} belongs to user {}, not to you; name another "
                                              "folder or: chown -R $(id -u) {}",
                                              path, facts.owner, path));
    }
    if ((facts.mode & 077U) != 0) {
        return fail(Code::denied,
                    fmt::format("{} may be entered by others (mode {:o}); mend it with: "
                                "chmod -R go= {}",
                                path, facts.mode, path));
    }
    return {};
}

Result<std::vector<std::string>> list_folder(const std::string& path, std::size_t entries_max) {
    Fd fd = TRY(open_file(path, O_RDONLY | O_DIRECTORY));
    std::vector<std::string> names;
    alignas(8) std::array<char, 32768> buffer;
    for (;;) {
        const long count = ::syscall(SYS_getdents64, fd.get(), buffer.data(), buffer.size());
        if (count < 0) return fail_errno(fmt::format("listing {}", path), errno);
        if (count == 0) break;
        for (long at = 0; at < count;) {
            // linux_dirent64: u64 inode, i64 offset, u16 size, u8 type, then the name.
            std::uint16_t size = 0;
            std::memcpy(&size, buffer.data() + at + 16, sizeof size);
            const char* name = buffer.data() + at + 19;
            if (std::string_view(name) != "." && std::string_view(name) != "..") {
                if (names.size() >= entries_max) {
                    return fail(Code::exhausted,
                                fmt::format("{} has more than {} entries", path, entries_max));
                }
                names.emplace_back(name);
            }
            at += size;
        }
    }
    std::sort(names.begin(), names.end());
    return names;
}

Result<> remove_file(const std::string& path) {
    if (::unlink(path.c_str()) != 0) return fail_errno(fmt::format("removing {}", path), errno);
    return {};
}

Result<> rename_file(const std::string& from, const std::string& to) {
    if (::rename(from.c_str(), to.c_str()) != 0) {
        return fail_errno(fmt::format("renaming {} to {}", from, to), errno);
    }
    return {};
}

Result<std::string> resolve_path(const std::string& path) {
    const std::unique_ptr<char, decltype(&std::free)> resolved(::realpath(path.c_str(), nullptr),
                                                               &std::free);
    if (!resolved) return fail_errno(fmt::format("resolving {}", path), errno);
    return std::string(resolved.get());
}

Result<Fd> lock_file(const std::string& path, const std::string& holder) {
    Fd fd = TRY(open_file(path, O_RDWR | O_CREAT));
    if (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
        if (errno != EWOULDBLOCK) return fail_errno(fmt::format("locking {}", path), errno);
        const auto held = read_all(fd.get(), 4096);
        return fail(Code::conflict, held ? std::string(base::text_of(*held)) : "unknown");
    }
    if (::ftruncate(fd.get(), 0) != 0) return fail_errno(fmt::format("writing {}", path), errno);
    TRY(write_all_at(fd.get(), base::bytes_of(holder), 0));
    return fd;
}

}  // namespace hs::os
