// Probe: do user namespaces work here, and if not, why and what to do. For `hardshell doctor`.
//
// What it does not protect from: a rule that changes between the probe and the launch; the launch
// then fails with the same advice.
// Threads: pure functions; probe_sandbox() starts and reaps one short child and must be called
// from a single-threaded program or from one that may fork safely.
#pragma once

#include <string>

#include "base/result.h"

namespace hs::jail {

enum class SandboxCause : std::uint8_t {
    none,                // everything works
    apparmor,            // kernel.apparmor_restrict_unprivileged_userns = 1
    no_user_namespaces,  // user.max_user_namespaces = 0
    clone_sysctl,        // kernel.unprivileged_userns_clone = 0 (Debian)
    container,           // a seccomp filter or missing rights of a container
    proc_masked,         // a container masks /proc, so a new one may not be mounted
    old_kernel,          // before Linux 5.14
    unknown
};

struct SandboxProbe {
    SandboxCause cause = SandboxCause::none;
    std::string explanation;  // a sentence; empty when all works
    std::string fix;          // a command or setting; empty when all works
    int landlock_abi = 0;
    std::string memory_limit_by;  // "control group v2", "control group v1" or "watchdog"
};

// Reads the settings and tries, in a child, to make the namespaces and to mount /proc.
SandboxProbe probe_sandbox();

// The same judgement from facts, for tests: what sysctls say and which errno a try gave.
struct ProbeFacts {
    std::string apparmor_restrict;  // content of the sysctl, empty when absent
    std::string max_user_namespaces;
    std::string unprivileged_clone;
    std::string seccomp_mode;  // "Seccomp:" of /proc/self/status: "0", "2"
    int clone_errno = 0;
    int proc_errno = 0;
    bool root = false;
};
SandboxProbe judge(const ProbeFacts& facts);

}  // namespace hs::jail
