// Giving up privileges: user, groups, capabilities, no-new-privileges, keyrings, resource limits.
//
// What it does not protect from: supplementary groups of an ordinary user (see identity.h).
// Threads: acts on the calling single-threaded process.
#pragma once

#include "base/result.h"
#include "jail/identity.h"
#include "os/launch.h"

namespace hs::jail {

// Becomes user and group 1000 of the user namespace, without supplementary groups where the kernel
// lets us drop them.
base::Result<> become_inside_user(Powers powers);
// A fresh session keyring, so that none of the host's keys is in reach (keyrings(7)).
base::Result<> leave_keyrings();
// Empties every capability set, the bounding set included, and locks the bits that could bring
// them back (capabilities(7)).
base::Result<> drop_capabilities();
#ifdef HS_REMOVABLE_WALLS
// What an attacker would have if nobody dropped capabilities: they survive the exec.
void keep_capabilities();
#endif
base::Result<> forbid_new_privileges();
// setrlimit(2) from the limits. `data_too` also bounds the writable memory of each process, for
// where no control group holds the memory of all.
enum class MemoryRlimit : std::uint8_t { no, yes };
base::Result<> apply_rlimits(const os::Limits& limits, MemoryRlimit memory);

}  // namespace hs::jail
