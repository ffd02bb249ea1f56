// What the keeper has begun with a store of secrets, and the waiting for its end.
//
// What it does not protect from: a keeper that is gone; then the waiting fails. Threads: one.
#pragma once

#include "hardshell/lines.h"

namespace hs::cli {

// Waits until what the answer names as its "task" is done; at once when it names none. Fails as the
// task did; timed_out after longer than any store may take.
base::Result<> await_task(KeeperLine& keeper, const wire::Json& answer);

}  // namespace hs::cli
