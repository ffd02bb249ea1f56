// Injection signals: text that is written to steer a model: instructions, characters that nobody
// sees, and links that would carry data out. A signal for the label and the prompt; the wall is the
// gate. What it does not protect from: an instruction in other words.
// Threads: pure functions.
#pragma once

#include "detect/structured.h"

namespace hs::detect {

std::span<const StructuredLook> injection_looks();

class Expression;

// Reports what the expression matches from `at` on, within the next 600 bytes.
void report_match(const char* kind, const Expression& expression, std::string_view text,
                  std::size_t at, double confidence, Report& report);

// at: the first byte of a character that is not ASCII. Reports what is invisible or turns the
// direction; returns the byte after the run.
std::size_t look_hidden(std::string_view text, std::size_t at, Report& report);

}  // namespace hs::detect
