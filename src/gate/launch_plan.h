// Launch plan: turns a permitted command and the profile that policy named into the specification
// that the launcher builds the sandbox from.
//
// What it does not protect from: a profile that shows too much. Profiles are files that people
// read: hardshell sandbox show. Threads: pure functions over the file system.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "gate/action.h"
#include "os/launch.h"
#include "policy/profile.h"

namespace hs::gate {

struct LaunchPlaces {
    std::string project;               // canonical, or empty
    std::string home;                  // the person's; for toolchains that lie there
    std::vector<std::string> roots;    // granted besides
    std::vector<std::string> hidden;   // Hardshell's own folders: never shown
    std::string reader;                // our own reader program, shown where it is what runs
    std::string authority;             // PEM; the one that a profile with a network trusts
    std::vector<std::string> secrets;  // names of which the sandbox is given placeholders
};

// denied when the working directory lies in nothing that the profile shows.
base::Result<os::LaunchSpec> plan_launch(const RunCommand& command, const std::string& executable,
                                         const policy::Profile& profile,
                                         const LaunchPlaces& places);

// What stands for a secret in a sandbox; egress puts the value in its place where the secret's
// binding and policy say so.
std::string placeholder_of(std::string_view secret);
inline constexpr std::string_view placeholder_mark = "hs_placeholder_";

}  // namespace hs::gate
