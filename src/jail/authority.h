// Makes the programs of one sandbox trust one more authority: that with which egress looks into
// the sandbox's own connections.
//
// The authority is put beside the host's certificates, over the bundle that OpenSSL, GnuTLS, Go
// and others read, and over Java's store where there is one; nothing of the host changes.
// What it does not protect from: programs that bring their own certificates; the variables that
// the launch specification sets point them to `trusted_bundle`.
// Threads: for the single thread of a process that builds a sandbox.
#pragma once

#include <string_view>

#include "base/result.h"
#include "jail/root.h"

namespace hs::jail {

// The authority alone, and the host's certificates with it: gate/launch_plan.cc names them.
constexpr const char* authority_file = "/run/hardshell/staged/authority.pem";
constexpr const char* trusted_bundle = "/run/hardshell/staged/certificates.pem";

base::Result<> trust_authority(NewRoot& root, std::string_view authority_pem);

}  // namespace hs::jail
