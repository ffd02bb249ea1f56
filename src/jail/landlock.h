// Landlock: a second wall behind the mount namespace. Every right that the running kernel knows is
// handled, so whatever is not granted here is refused, whether or not the tree shows it
// (Documentation/userspace-api/landlock.rst of Linux).
//
// What it enforces: reading, writing, executing and moving below the granted paths only; no TCP
// (ABI 4), no device ioctls (5), no signals and abstract unix sockets to the outside (6); never a
// mount, never tracing a process outside.
// What it does not protect from: files that were open before, metadata (stat, chmod, chown) of
// visible paths, other protocols than TCP. Below ABI 6, 5, 4, 3 and 2 the newer rights are not
// enforced; the Outcome says which ABI holds.
// Threads: restricts the calling thread and what it starts.
#pragma once

#include "base/result.h"
#include "os/launch.h"

namespace hs::jail {

constexpr int landlock_abi_known = 7;

// The ABI to use: what the kernel offers, at most what is known here and at most `cap`.
// 0 where Landlock is absent or off.
int landlock_abi(int cap);

// Restricts the process to the specification. Paths are resolved now, so the new root has been
// entered. Needs no-new-privileges. Nothing happens for ABI 0.
base::Result<> apply_landlock(const os::LaunchSpec& spec, int abi);

}  // namespace hs::jail
