// Commands and headers that carry a credential: curl -u, sshpass -p, .netrc, Authorization.
// Threads: pure functions.
#pragma once

#include "detect/structured.h"

namespace hs::detect {

std::span<const StructuredLook> command_looks();

}  // namespace hs::detect
