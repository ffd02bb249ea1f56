// LockedDoor: hardshelld while its state is locked: it answers on its socket that it is, and how
// to unlock it, and takes nothing but a request to stop.
//
// The key itself goes from the person to the keeper, past this process.
// What it does not protect from: nothing is open yet that would need it.
// Threads: the caller's, beside those of its server, which end before it returns.
#pragma once

#include <string>

#include "base/result.h"
#include "gate/gate.h"
#include "os/wait.h"

namespace hs::daemon {

struct LockedDoor {
    std::string socket;
    gate::Gate& gate;
    int signals;  // a signalfd; readable means: stop
    os::WakeUp& stop;
};

// True once the state is open; false when somebody asked to stop. Fails when the keeper ended.
base::Result<bool> wait_until_unlocked(const LockedDoor& door);

}  // namespace hs::daemon
