// Keys: unlocking the state from the command line.
//
// The passphrase goes to the keeper's own socket, past hardshelld.
// What it does not protect from: see hidden_input.h. Threads: one thread.
#pragma once

#include "hardshell/commands.h"
#include "hardshell/lines.h"

namespace hs::cli {

// A line to the daemon, started if `start` says so; where its state is locked and a person sits at
// the terminal, they are asked for the passphrase first.
base::Result<DaemonLine> open_unlocked(const Desk& desk, Start start);

// Of a new state, with a person at the terminal: has them choose a passphrase, unless a keyring
// keeps the key.
base::Result<> choose_key(const Desk& desk);

}  // namespace hs::cli
