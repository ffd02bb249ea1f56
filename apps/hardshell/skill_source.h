// SkillSource: where a skill comes from, and its files as they were there: a folder, an archive, a
// git repository, the team's library.
//
// What it is for: archives are opened and repositories fetched in a sandbox; what comes out is
// checked here as a folder is. Nothing of it is installed yet, and nothing of it runs.
// What it does not protect from: what the files say; the scan and the sandbox are for that.
// Threads: one thread.
#pragma once

#include <string>
#include <vector>

#include "hardshell/commands.h"
#include "skills/review.h"
#include "skills/tree.h"

namespace hs::cli {

struct SkillSource {
    skills::Tree tree;
    std::string place;   // for the lock file: a path, an address, "library NAME"
    std::string folder;  // the name of the folder that it lay in; empty where there was none
    std::string commit;  // of a git repository
    std::vector<skills::Review> reviews;  // that came with it, unchecked
};

// `text`: a folder, a .zip, .tar, .tar.gz or .tgz, an address of a git repository (git+https://… or
// ending in .git; --path below it, --commit to pin), or with --library a name in that library. A
// name that no file has is one in the library of the settings.
base::Result<SkillSource> fetch_skill(const Desk& desk, const std::string& text);

// --library, or the setting; empty where neither says one.
base::Result<std::string> library_of(const Desk& desk);

}  // namespace hs::cli
