// The walls of a sandbox by name, so that a test can take one away and show that its attack then
// succeeds.
//
// In the product every wall stands: stands() is a constant and no code can take one down. Only the
// test build of the launcher (HS_REMOVABLE_WALLS) has the option `--without`.
// Threads: set once before the first sandbox, read afterwards.
#pragma once

#include <cstdint>
#include <string_view>

namespace hs::jail {

enum class Wall : std::uint8_t {
    root,               // the new root: only what the specification grants is there
    read_only,          // read-only mounts
    masks,              // masked files and Hardshell's own hidden folders
    processes,          // the process namespace
    network,            // the network namespace
    ipc,                // the namespace of System V and POSIX queues
    landlock,           // the kernel's second look at paths, ports and scopes
    seccomp,            // the filters of system calls
    capabilities,       // empty capability sets
    no_new_privileges,  // set-user-ID programs give nothing
    user,               // the user namespace and the unprivileged user
    session,            // a session of its own
    descriptors,        // inherited descriptors are closed
    environment,        // only the named variables
    process_limit,      // the number of processes
    memory_limit,       // memory by control group or watchdog
    scratch_limit,      // the size of /tmp, HOME and /dev/shm
    file_limit,         // the size of one file
    reaper,             // whatever outlives the command is killed
    executable_check,   // the hash of what runs
    count
};

constexpr std::string_view wall_names[] = {
    "root",         "read_only",     "masks",       "processes",    "network",
    "ipc",          "landlock",      "seccomp",     "capabilities", "no_new_privileges",
    "user",         "session",       "descriptors", "environment",  "process_limit",
    "memory_limit", "scratch_limit", "file_limit",  "reaper",       "executable_check"};
static_assert(sizeof(wall_names) / sizeof(wall_names[0]) == static_cast<int>(Wall::count));

#ifdef HS_REMOVABLE_WALLS
inline std::uint32_t walls_removed = 0;
inline bool stands(Wall wall) {
    return (walls_removed >> static_cast<unsigned>(wall) & 1U) == 0;
}
inline bool remove_wall(std::string_view name) {
    for (unsigned i = 0; i < static_cast<unsigned>(Wall::count); ++i) {
        if (wall_names[i] != name) continue;
        walls_removed |= 1U << i;
        return true;
    }
    return false;
}
#else
constexpr bool stands(Wall) {
    return true;
}
#endif

}  // namespace hs::jail
