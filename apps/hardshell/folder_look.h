// FolderLook: the names below a folder, and what they tell about its use.
//
// What it is for: `hardshell project classify`. Only names are read, and .git/config for the
// remote. What it does not protect from: a folder with more names than it looks at; it says so.
// Threads: pure functions over the file system.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "policy/evidence.h"

namespace hs::cli {

struct FolderLook {
    std::vector<policy::Finding> findings;  // riskiest first
    std::size_t names = 0;
    bool is_whole = true;  // false: there were more names or deeper folders
};
inline constexpr std::size_t folder_names_max = 20'000;
inline constexpr std::size_t folder_depth_max = 8;

base::Result<FolderLook> look_at_folder(const std::string& folder);

}  // namespace hs::cli
