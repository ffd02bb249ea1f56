// Daemon: hardshelld from its start to its end: the family, the gate, sessions, models, tools, the
// API on a unix socket and on loopback.
//
// What it does not protect from: see SECURITY.md. Threads: docs/threads.md lists them.
#pragma once

#include "base/result.h"
#include "control/places.h"

namespace hs::daemon {

// Runs until SIGTERM, SIGINT or a request to stop. `announce` is called once, when the sockets
// answer.
base::Result<> run(const control::Places& places);

}  // namespace hs::daemon
