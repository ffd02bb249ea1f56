// errno as an Error: the code callers branch on and a sentence that says what was tried.
// Threads: pure functions.
#pragma once

#include <string_view>

#include "base/result.h"

namespace hs::os {

base::Code code_of_errno(int number);
// "<action>: <reason>", with what to do for a full disk, a missing right or too many files.
[[nodiscard]] base::Failure fail_errno(std::string_view action, int number,
                                       base::Place where = base::Place::here());

}  // namespace hs::os
