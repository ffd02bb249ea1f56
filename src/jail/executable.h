// The hash of what runs, checked on the very file that is executed.
//
// The file is opened inside the new root, held against writers by a read lease where its owner may
// have one (fcntl(2), F_SETLEASE), hashed through the descriptor or found by its version in the
// cache, and executed by that descriptor. Of a script, which the kernel opens a second time by
// path, the hashed bytes are pinned over the path first.
// What it does not protect from: the libraries and the interpreter that it loads; they come from
// the read-only system mounts.
// Threads: the cache belongs to the launcher's one thread, the rest runs in the child.
#pragma once

#include <map>
#include <vector>

#include "base/result.h"
#include "jail/report.h"
#include "os/fd.h"
#include "os/launch.h"

namespace hs::jail {

class HashCache {
  public:
    static constexpr std::size_t files_max = 1024;
    const os::Sha256Bytes* find(const FileVersion& version) const;
    void remember(const FileVersion& version, const os::Sha256Bytes& digest);
    // Those known with this digest, at most a handful.
    std::vector<FileVersion> versions_of(const os::Sha256Bytes& digest) const;

  private:
    std::map<FileVersion, os::Sha256Bytes> digests_;
};

struct Executable {
    static constexpr std::uint64_t bytes_max = std::uint64_t{1} << 30U;
    static constexpr std::size_t script_bytes_max = std::size_t{4} << 20U;

    os::Fd fd;
    FileVersion version;
    bool script = false;      // begins with "#!"
    bool fresh_hash = false;  // was hashed now, and its version can be trusted later
};

// Opens and checks. denied when the bytes are not those of the digest, when a writer has the file
// open, or when it is no regular file with an x bit; not_found when the path is not there.
base::Result<Executable> open_executable(const std::string& path, const os::Sha256Bytes& digest,
                                         const HashCache& cache);

// The whole content, checked again against the digest: what is pinned is what was approved.
base::Result<base::Bytes> read_checked(int fd, const os::Sha256Bytes& digest,
                                       std::uint64_t bytes_max, const std::string& name);

}  // namespace hs::jail
