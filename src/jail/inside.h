// Inside: what the child of the launcher does between clone and exec, as process 1 of its own
// namespaces: build the root, check what runs, give everything up, start the command, wait for it,
// end whatever it leaves behind, report.
//
// What it does not protect from: see root.h, landlock.h, seccomp.h for each wall.
// Threads: a single-threaded copy of the single-threaded launcher, so it may allocate.
#pragma once

#include <string>
#include <vector>

#include "jail/executable.h"
#include "jail/identity.h"
#include "jail/seccomp.h"
#include "os/fd.h"
#include "os/launch.h"

namespace hs::jail {

struct InsideOrder {
    const os::LaunchSpec& spec;
    const Identity& identity;
    const std::vector<os::Fd>& descriptors;  // standard input, output, error, then staged files
    const std::vector<std::string>& hidden;  // paths of the host that no sandbox may show
    const CallFilter& filter;
    const HashCache& hashes;
    int landlock_abi_max = 0;
    bool await_group = false;  // the launcher moves us into a group; wait until it has
    bool bound_data = false;   // no control group: RLIMIT_DATA
    int reports = -1;          // the socket to the launcher
};

[[noreturn]] void run_inside(const InsideOrder& order);

}  // namespace hs::jail
