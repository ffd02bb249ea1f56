#include "jail/executable.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <ctime>

#include "crypto/hash.h"
#include "jail/walls.h"
#include "os/error.h"
#include "os/file.h"

namespace hs::jail {
namespace {

using base::Code;
using base::fail;
using base::Result;
using os::Fd;

// A file changed within this time may be changed again without its times showing it.
constexpr std::int64_t settled_ns = 2'000'000'000;

std::int64_t nanoseconds(const struct timespec& time) {
    return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

FileVersion version_of(const struct stat& facts) {
    return {facts.st_dev, facts.st_ino, static_cast<std::uint64_t>(facts.st_size),
            nanoseconds(facts.st_mtim), nanoseconds(facts.st_ctim)};
}

bool is_settled(const FileVersion& version) {
    struct timespec now {};
    ::clock_gettime(CLOCK_REALTIME, &now);
    return nanoseconds(now) - version.changed_ns > settled_ns;
}

base::Failure changed(const std::string& path) {
    return fail(Code::denied, path +
                                  " is not the file that was approved: its SHA-256 differs; "
                                  "look at what changed it and ask again");
}

// Refuses a file that somebody has open for writing. Only an owner may have a lease, and not every
// file system gives one; a file that is neither ours nor leasable cannot be held.
Result<> hold_against_writers(int fd, const std::string& path) {
    // A writer who then has to wait makes the kernel signal the holder; this signal is ignored by
    // default, SIGIO is not.
    ::fcntl(fd, F_SETSIG, SIGURG);
    if (::fcntl(fd, F_SETLEASE, F_RDLCK) == 0 || errno != EAGAIN) return {};
    return fail(Code::denied, path + " is open for writing in another program; end that and retry");
}

Result<> check_bytes(const std::string& path, const os::Sha256Bytes& digest, const HashCache& cache,
                     Executable& executable) {
    const os::Sha256Bytes* known = cache.find(executable.version);
    if (known != nullptr) {
        if (*known != digest) return changed(path);
        return {};
    }
    const auto found =
        TRY(crypto::sha256_of_descriptor(executable.fd.get(), Executable::bytes_max));
    if (found != digest) return changed(path);
    struct stat after {};
    if (::fstat(executable.fd.get(), &after) != 0)
        return os::fail_errno("looking at " + path, errno);
    if (version_of(after) != executable.version) return changed(path);
    executable.fresh_hash = is_settled(executable.version);
    return {};
}

}  // namespace

const os::Sha256Bytes* HashCache::find(const FileVersion& version) const {
    const auto found = digests_.find(version);
    return found == digests_.end() ? nullptr : &found->second;
}

void HashCache::remember(const FileVersion& version, const os::Sha256Bytes& digest) {
    if (digests_.size() >= files_max) digests_.erase(digests_.begin());
    digests_[version] = digest;
}

std::vector<FileVersion> HashCache::versions_of(const os::Sha256Bytes& digest) const {
    constexpr std::size_t versions_max = 8;
    std::vector<FileVersion> versions;
    for (const auto& [version, known] : digests_) {
        if (known == digest && versions.size() < versions_max) versions.push_back(version);
    }
    return versions;
}

Result<Executable> open_executable(const std::string& path, const os::Sha256Bytes& digest,
                                   const HashCache& cache) {
    Executable executable;
    executable.fd = Fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
    if (!executable.fd) return os::fail_errno("opening " + path + " in the sandbox", errno);
    struct stat facts {};
    if (::fstat(executable.fd.get(), &facts) != 0)
        return os::fail_errno("looking at " + path, errno);
    if (!S_ISREG(facts.st_mode) || (facts.st_mode & 0111) == 0) {
        return fail(Code::denied, path + " is no regular file that may be executed");
    }
    executable.version = version_of(facts);
    TRY(hold_against_writers(executable.fd.get(), path));
    if (stands(Wall::executable_check)) TRY(check_bytes(path, digest, cache, executable));
    char start[2] = {};
    executable.script =
        ::pread(executable.fd.get(), start, 2, 0) == 2 && start[0] == '#' && start[1] == '!';
    return executable;
}

Result<base::Bytes> read_checked(int fd, const os::Sha256Bytes& digest, std::uint64_t bytes_max,
                                 const std::string& name) {
    struct stat facts {};
    if (::fstat(fd, &facts) != 0) return os::fail_errno("looking at " + name, errno);
    if (!S_ISREG(facts.st_mode)) return fail(Code::denied, name + " is no regular file");
    if (static_cast<std::uint64_t>(facts.st_size) > bytes_max) {
        return fail(Code::exhausted,
                    name + " is larger than " + std::to_string(bytes_max) + " bytes");
    }
    base::Bytes bytes(static_cast<std::size_t>(facts.st_size));
    const std::size_t size = TRY(os::read_at(fd, bytes, 0));
    bytes.resize(size);
    if (stands(Wall::executable_check) && crypto::sha256(bytes) != digest) return changed(name);
    return bytes;
}

}  // namespace hs::jail
