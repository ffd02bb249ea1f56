// A terminal of the sandbox's own: a devpts instance that only this sandbox has, so that the host's
// terminals are neither seen nor typed into.
//
// What it does not protect from: control sequences that a program prints. Whoever holds the outer
// end shows them to a person as any terminal program would.
// Threads: for the single thread of a process that builds a sandbox.
#pragma once

#include "base/result.h"
#include "jail/identity.h"
#include "jail/root.h"
#include "os/fd.h"

namespace hs::jail {

struct TerminalEnds {
    os::Fd outer;  // for whoever asked: what the program prints is read here
    os::Fd inner;  // becomes standard input, output and error
};

// After the root has been entered and before it is sealed.
base::Result<TerminalEnds> make_terminal(NewRoot& root, const Identity& identity);

}  // namespace hs::jail
