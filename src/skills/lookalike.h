// Look-alike names: is a name so near another that a person takes the one for the other?
//
// What it is for: names of skills against the installed ones, and package names against well-known
// ones. Measured by the Damerau-Levenshtein distance (one slip of the fingers), by letters that
// look alike, and by separators that come and go.
// What it does not protect from: a new name that only sounds trustworthy. Threads: pure functions.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace hs::skills {

// Insertions, deletions, replacements and swaps of neighbours; at most `most` + 1 is returned.
std::size_t slips_between(std::string_view left, std::string_view right, std::size_t most);
// True when the names differ and can be taken for one another. Short names (up to 4) only when
// they differ in separators or look-alike letters.
bool looks_like(std::string_view name, std::string_view other);

// The well-known package of PyPI or npm that the name imitates, or empty. A name that is itself
// well known imitates nothing.
std::string_view imitated_package(std::string_view name);

}  // namespace hs::skills
