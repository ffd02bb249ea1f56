#include "jail/masks.h"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "os/error.h"
#include "os/fd.h"

namespace hs::jail {
namespace {

using base::Code;
using base::fail;
using base::Result;

struct Walk {
    const std::vector<std::string>& patterns;
    const FoundEntry& found;
    std::size_t entries = 0;
    std::size_t masked = 0;
};

bool fits_any(const Walk& walk, std::string_view name) {
    return std::ranges::any_of(
        walk.patterns, [&](const std::string& pattern) { return fits_pattern(pattern, name); });
}

Result<> mask_entry(Walk& walk, int folder, const char* name) {
    if (++walk.masked > masked_entries_max) {
        return fail(Code::exhausted,
                    "more than 4096 files of this project are masked; narrow the mask patterns");
    }
    return walk.found(folder, name);
}

Result<> walk_folder(Walk& walk, int folder, std::size_t depth);

Result<> walk_below(Walk& walk, int folder, const char* name, std::size_t depth) {
    const int below = ::openat(folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (below >= 0) return walk_folder(walk, below, depth + 1);
    if (errno == ENOENT || errno == ENOTDIR || errno == ELOOP) return {};
    return mask_entry(walk, folder, name);
}

// Takes the descriptor over.
Result<> walk_folder(Walk& walk, int folder, std::size_t depth) {
    if (depth > walked_depth_max) {
        ::close(folder);
        return fail(Code::exhausted, "the project has folders more than 128 deep");
    }
    const std::unique_ptr<DIR, int (*)(DIR*)> stream(::fdopendir(folder), ::closedir);
    if (!stream) return os::fail_errno("reading a folder of the project", errno);
    while (const dirent* entry = ::readdir(stream.get())) {
        const std::string_view name = entry->d_name;
        if (name == "." || name == "..") continue;
        if (++walk.entries > walked_entries_max) {
            return fail(Code::exhausted,
                        "the project has more than 1,000,000 files, too many to look for masked "
                        "ones; grant a smaller folder");
        }
        if (fits_any(walk, name)) {
            TRY(mask_entry(walk, folder, entry->d_name));
        } else if (entry->d_type == DT_DIR || entry->d_type == DT_UNKNOWN) {
            TRY(walk_below(walk, folder, entry->d_name, depth));
        }
    }
    return {};
}

}  // namespace

bool fits_pattern(std::string_view pattern, std::string_view name) {
    std::size_t at = 0;
    std::size_t in = 0;
    std::size_t star = std::string_view::npos;
    std::size_t star_in = 0;
    while (in < name.size()) {
        if (at < pattern.size() && pattern[at] == '*') {
            star = at++;
            star_in = in;
        } else if (at < pattern.size() && (pattern[at] == '?' || pattern[at] == name[in])) {
            ++at;
            ++in;
        } else if (star != std::string_view::npos) {
            at = star + 1;
            in = ++star_in;
        } else {
            return false;
        }
    }
    while (at < pattern.size() && pattern[at] == '*') ++at;
    return at == pattern.size();
}

Result<> find_by_name(int folder, const std::vector<std::string>& patterns,
                      const FoundEntry& found) {
    if (patterns.empty()) return {};
    const int own = ::openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (own < 0 && errno == ENOTDIR) return {};
    if (own < 0) return os::fail_errno("reading a folder of the project", errno);
    Walk walk{patterns, found};
    return walk_folder(walk, own, 0);
}

}  // namespace hs::jail
