// Searching under a Permit: files by name, lines by pattern, in a bounded walk below one folder.
//
// What it is for: find and grep. The walk goes by descriptors and never through a link, so it
// cannot leave the folder of the Permit. Patterns take linear time (files/pattern.h).
// What it does not protect from: a folder that changes during the walk; what is found is what was
// there when the walk came by.
// Threads: pure functions over the arguments; any thread.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/result.h"
#include "files/pattern.h"
#include "files/roots.h"
#include "files/watch.h"
#include "flow/source.h"
#include "gate/action.h"
#include "gate/permit.h"

namespace hs::files {

// What a walk left out, for the reader of its result.
struct Coverage {
    std::uint64_t files_seen = 0;
    std::uint64_t folders_unreadable = 0;
    std::uint64_t files_skipped = 0;   // binary, too large, or not readable
    std::uint64_t files_withheld = 0;  // matched, but policy does not let them be read
    bool cut = false;                  // a bound ended the walk before its end
};

enum class History : std::uint8_t { skipped, searched };  // the folders .git, .hg and .svn

struct FindRequest {
    static constexpr std::size_t matches_max = 500;
    static constexpr std::size_t entries_max = 200'000;
    static constexpr std::size_t depth_max = 64;
    Pattern name;               // matched against the last segment …
    bool against_path = false;  // … or against the path below the folder
    History history = History::skipped;
};
struct Found {
    std::vector<std::string> paths;  // relative to the folder; folders end with '/'
    Coverage coverage;
};
base::Result<Found> find_files(gate::Permit<gate::ReadFile> permit, const Roots& roots,
                               const FindRequest& request, const Watch& watch);

struct GrepRequest {
    static constexpr std::size_t matches_max = 200;
    static constexpr std::size_t context_lines_max = 10;
    static constexpr std::uint64_t file_bytes_max = std::uint64_t{64} << 20U;
    static constexpr std::size_t bytes_max = 40 * 1024;  // of the text
    static constexpr std::size_t line_bytes_max = 500;
    Pattern pattern;
    const Pattern* glob = nullptr;  // only files whose name (or path) matches; outlives the call
    bool glob_against_path = false;
    std::size_t context_lines = 0;
    History history = History::skipped;
    // Asked once for each file with a match before any of its lines is returned; the canonical
    // path. False withholds the file.
    std::function<base::Result<bool>(const std::string& path)> may_show = {};
};
struct Matches {
    std::string text;  // "path:line:text", context as "path-line-text", "--" between groups
    std::uint64_t matches = 0;
    std::uint64_t files = 0;
    Coverage coverage;
    std::vector<flow::Source> sources = {};  // the lines of each file that the text shows
};
// The Permit's path names a folder to walk, or one file.
base::Result<Matches> grep_files(gate::Permit<gate::ReadFile> permit, const Roots& roots,
                                 const GrepRequest& request, const Watch& watch);

}  // namespace hs::files
