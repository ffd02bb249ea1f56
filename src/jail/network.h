// The network of a sandbox that has one: its own namespace, in which every address is local, and
// the outlets that egress answers.
//
// The loopback interface is raised and given a local default route ("AnyIP", Linux's local routes:
// ip-route(8), type local), so that a connection to any address arrives at this namespace itself.
// Ports without a listener refuse. Nothing is bridged: there is no other interface.
// What it does not protect from: what egress lets through.
// Threads: for the single thread of a process that builds a sandbox, with CAP_NET_ADMIN over its
// own network namespace.
#pragma once

#include <vector>

#include "base/result.h"
#include "os/fd.h"

namespace hs::jail {

// Raises the interface, sets the routes and listens; sockets in the order of os::outlets.
base::Result<std::vector<os::Fd>> open_outlets();
// The same interface and routes without anybody who listens: for a recorded command without a
// network, whose questions for names are then asked, and every address refuses.
base::Result<> open_dead_end();

}  // namespace hs::jail
