// Git's index: which files of a working tree version control knows.
//
// What it is for: a change of a tracked file can be taken back by the project's own history, so
// policy may ask less for it. Format: gitformat-index(5), versions 2 to 4, SHA-1.
// What it does not protect from: an index that a program of the project has written; whoever
// decides on it must not take it for more than that. Threads: pure functions.
#pragma once

#include <set>
#include <string>

#include "base/bytes.h"
#include "base/result.h"

namespace hs::wire {

inline constexpr std::size_t git_index_entries_max = 1'000'000;

// Paths relative to the root of the working tree, by "/". invalid_input for what is no such index:
// a version that is not known, a path that leaves the tree, an end before the last entry.
base::Result<std::set<std::string, std::less<>>> tracked_in_git_index(base::ByteView bytes);

}  // namespace hs::wire
