// Which paths of personal trees are masked: exact ones and those whose name fits a pattern.
//
// What it does not protect from: a secret under another name, a second hard link to a masked file,
// and a file that appears after the sandbox has started. The tree is searched once, at launch.
// Threads: pure functions over descriptors.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace hs::jail {

constexpr std::size_t walked_entries_max = 1'000'000;
constexpr std::size_t walked_depth_max = 128;
constexpr std::size_t masked_entries_max = 4096;

// `*` any characters, `?` one; everything else stands for itself. Linear in practice and bounded by
// the product of both lengths.
bool fits_pattern(std::string_view pattern, std::string_view name);

// Calls found(folder descriptor, name) for each entry below the folder whose name fits a pattern,
// without following links and without entering what was found. A folder that cannot be read counts
// as found. exhausted when there is more than the bounds above: a tree that cannot be searched
// whole is not handed out.
using FoundEntry = std::function<base::Result<>(int folder, const char* name)>;
base::Result<> find_by_name(int folder, const std::vector<std::string>& patterns,
                            const FoundEntry& found);

}  // namespace hs::jail
