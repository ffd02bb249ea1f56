// Inside: what the child of the launcher does between clone and exec, as process 1 of its own
// namespaces: build the root, check what runs, give everything up, start the command, wait for it,
// end whatever it leaves behind, report. What does not depend on the order can be done before there
// is one.
//
// What it does not protect from: see root.h, landlock.h, seccomp.h for each wall.
// Threads: a single-threaded copy of the single-threaded launcher, so it may allocate.
#pragma once

#include <string>
#include <vector>

#include "jail/identity.h"
#include "jail/order.h"
#include "jail/seccomp.h"

namespace hs::jail {

// What is known before any order.
struct InsidePlace {
    Powers powers = Powers::ordinary;
    os::HostIdentity host;                   // who runs the launcher
    const std::vector<std::string>& hidden;  // paths of the host that no sandbox may show
    const CallFilter& filter;
    int landlock_abi_max = 0;
    int reports = -1;  // the socket to the launcher
};

[[noreturn]] void run_inside(const InsidePlace& place, const InsideOrder& order);
// Builds what every sandbox has and waits for its order, once. Ends with the launcher.
[[noreturn]] void wait_inside(const InsidePlace& place);

}  // namespace hs::jail
