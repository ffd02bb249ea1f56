// Call words: a call of a tool in one line, "files_read notes.txt", for the tools that speak of
// calls of other tools.
// Threads: pure functions.
#pragma once

#include <string>

#include "base/result.h"
#include "wire/json.h"

namespace hs::tools {

struct WordedCall {
    std::string tool;
    wire::Json arguments;
};

// "TOOL", "TOOL {JSON}", or the tool's first argument in words: a path (files_…), an address
// ("http_fetch [METHOD] URL"), a command (shell_run), a skill's name. invalid_input says what was
// expected; exhausted beyond 8 KiB.
base::Result<WordedCall> call_of_words(const std::string& words);

}  // namespace hs::tools
