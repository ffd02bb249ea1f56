// The scripts that lie in every evidence bundle, so that it can be verified without Hardshell:
// tools/verify_log.py and tools/verify_evidence.py as they were when this program was built.
// Threads: constants.
#pragma once

#include "policy/embedded.h"

namespace hs::cli {

std::span<const policy::EmbeddedFile> bundle_tools();  // sorted by name

}  // namespace hs::cli
