// The person's settings, as a command of ours reads them from the file, with or without a daemon.
//
// What it does not protect from: a file that the person changes meanwhile. Threads: any.
#pragma once

#include "gate/settings.h"
#include "hardshell/commands.h"

namespace hs::cli {

// The defaults where there is no file; invalid_input names the line that does not hold.
base::Result<gate::Settings> settings_of(const Desk& desk);

}  // namespace hs::cli
