// The gate's scripted keeper, under this room's name.
// Threads: as gate/testing/scripted_keeper.h.
#pragma once

#include "gate/testing/scripted_keeper.h"

namespace hs::files::testing {

using gate::testing::ScriptedKeeper;
using gate::testing::TestGate;

}  // namespace hs::files::testing
