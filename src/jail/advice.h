// What a person can do when a sandbox cannot be built: the cause and the fix behind an errno.
// Threads: pure functions over /proc/sys.
#pragma once

#include <string>

namespace hs::jail {

// For a failed clone(2) or unshare(2) with namespaces: the cause as far as it shows, and the fix.
std::string namespace_advice(int number);
// The text of a failed step, with the fix where the step has a usual cause.
std::string with_advice(const std::string& step, const std::string& text);

}  // namespace hs::jail
