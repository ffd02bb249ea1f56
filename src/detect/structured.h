// Structured: secrets that take more than a pattern to know: keys in PEM, tokens of three parts,
// passwords in URLs and command lines, and what is assigned to a telling name.
// Threads: pure functions.
#pragma once

#include <span>
#include <string_view>

#include "detect/report.h"

namespace hs::detect {

struct StructuredLook {
    const char* gates;  // as in TokenRule, in lower case: any case will do
    void (*look)(std::string_view text, std::size_t at, std::size_t end, Report& report);
};

std::span<const StructuredLook> structured_looks();
std::size_t structured_kinds();

}  // namespace hs::detect
