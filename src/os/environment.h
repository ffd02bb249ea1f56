// The environment this process was started with: read here and nowhere else, so that it shows
// which variables matter.
//
// What it does not protect from: a variable with a secret in it; none is ever read for one.
// Threads: read-only after start.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace hs::os {

// Nothing when it is not set or empty.
std::optional<std::string> environment(std::string_view name);
// From the user database, else from HOME. not_found when neither says.
base::Result<std::string> home_folder();
base::Result<std::string> working_folder();
// The machine's name (gethostname), "localhost" where it has none.
std::string host_name();
// Makes this process undumpable (no core, no ptrace by others) and sets the umask to 077.
void harden_process();

}  // namespace hs::os
