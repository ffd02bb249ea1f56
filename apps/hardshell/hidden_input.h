// Hidden input: one line that is not shown while it is typed, for secrets and passphrases.
//
// What it does not protect from: whoever reads the terminal's memory or watches the keyboard.
// Threads: one thread.
#pragma once

#include <string>

#include "hardshell/screen.h"

namespace hs::cli {

// Whether a person sits at standard input.
bool has_terminal();
// Asks with the words given where a person sits there; else reads the line silently. The caller
// wipes it.
std::string read_hidden(const Screen& screen, std::string_view words);
// One line of standard input.
std::string read_line();
void wipe_text(std::string& text);

}  // namespace hs::cli
