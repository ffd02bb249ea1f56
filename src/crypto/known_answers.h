// The room's self-test: known answers, computed at start-up before any key is touched.
//
// What it is for: a processor or a library that computes wrongly must not sign, seal or decide.
// What it does not protect from: a library that lies only later.
// Threads: pure.
#pragma once

#include "base/result.h"

namespace hs::crypto {

// Takes well under a millisecond. corrupt names the algorithm whose answer was wrong; then the
// program must stop.
base::Result<> self_test();

}  // namespace hs::crypto
