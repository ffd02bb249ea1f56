// Line diff: what a change of text adds and takes away, for a card that a person reads.
//
// The lines that both texts begin and end with are left out; what is between is shown whole, taken
// away first. It never claims less than what changes, and may claim more.
// What it does not protect from: lines that look alike; invisible characters are written out.
// Threads: pure functions.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace hs::tools {

struct LineDiff {
    std::string text;  // lines with "- ", "+ " and "  " before them; bounded
    std::size_t added = 0;
    std::size_t removed = 0;
};

// At most lines_max lines of each side, each of at most 200 bytes; what is left out is counted.
LineDiff diff_lines(std::string_view before, std::string_view after, std::size_t lines_max);

// A line as a person can trust it: control, zero-width and direction characters as \u{…}.
std::string visible_line(std::string_view line, std::size_t bytes_max);

}  // namespace hs::tools
