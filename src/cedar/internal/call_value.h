// One extension function on values at hand, for readers of JSON.
//
// Threads: pure functions.
#pragma once

#include <span>

#include "cedar/fault.h"

namespace hs::cedar::internal {

// False: the fault says why (it has no place). Parts of the result lie in the arena.
bool call_extension(ExtensionFunction function, std::span<const Value> arguments, Arena& arena,
                    Value& out, Fault& fault);

}  // namespace hs::cedar::internal
