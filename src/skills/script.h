// Scripts of a skill: what runs a file of it.
//
// What it does not protect from: what the script does. Threads: pure functions.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace hs::skills {

// The program that runs a file of this name; invalid_input where there is none for its ending.
base::Result<std::string> interpreter_of(std::string_view path);

}  // namespace hs::skills
