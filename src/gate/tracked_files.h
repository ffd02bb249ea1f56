// TrackedFiles: does the version control of a project know this file?
//
// What it is for: policy asks less for a change that the project's own history can take back, and
// only what the history knows is the project's own text. Only repositories whose `.git` is a folder
// inside the project count.
// What it does not protect from: an index that a program of the project has written; a tracked file
// is no trusted one. Threads: one thread; what was read is kept until the index changes.
#pragma once

#include <map>
#include <set>
#include <string>

#include "os/file.h"
#include "policy/canonical_path.h"

namespace hs::gate {

class TrackedFiles {
  public:
    static constexpr std::size_t index_bytes_max = std::size_t{64} << 20U;
    static constexpr std::size_t repositories_max = 16;

    enum class Standing : std::uint8_t { tracked, untracked, no_repository };

    // Untracked also where the index is missing, too large or not understood.
    Standing look(const policy::CanonicalPath& project, const policy::CanonicalPath& path);
    bool knows(const policy::CanonicalPath& project, const policy::CanonicalPath& path) {
        return look(project, path) == Standing::tracked;
    }

  private:
    struct Known {
        os::FileFacts facts;
        std::set<std::string, std::less<>> files;
    };
    const Known* repository(const std::string& folder);

    std::map<std::string, Known> repositories_;
};

}  // namespace hs::gate
