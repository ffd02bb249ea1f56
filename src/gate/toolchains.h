// Toolchains: compilers and interpreters that a person keeps in their home folder, shown read-only
// in sandboxes whose profile shows them: rustup and cargo, nvm, pyenv, SDKMAN, Go, uv.
//
// Only the folders of programs are shown, never those in which the same tools keep credentials,
// caches or settings (~/.cargo/credentials.toml, ~/.npmrc, ~/.pypirc …).
// What it does not protect from: programs in these folders that their owner should not trust.
// Threads: pure functions over the file system.
#pragma once

#include <string>
#include <vector>

#include "os/launch.h"

namespace hs::gate {

struct Toolchains {
    std::vector<std::string> shown;     // folders and files that exist, canonical
    std::vector<std::string> programs;  // folders for PATH, in order
    std::vector<os::EnvironmentEntry> environment;
};

// home: the person's, canonical.
Toolchains find_toolchains(const std::string& home);

}  // namespace hs::gate
