// Notes: what is recalled, as text for a model: one line each, with kind, age and whose words they
// are, within a budget.
//
// What it does not protect from: a model that follows a note although it is told not to. What it
// may do is decided by the gate, under the label that the notes bring along. Threads: pure.
#pragma once

#include <string>
#include <vector>

#include "flow/source.h"
#include "memory/memory.h"

namespace hs::memory {

struct Notes {
    std::string text;  // empty: nothing was recalled
    flow::Label label = flow::Label::nothing();
    std::vector<std::pair<std::string, std::string>> used;  // compartment, id
    std::vector<flow::Source> sources;                      // the same, with the size of each line
};

inline constexpr std::size_t notes_bytes_max = 1600;  // about 400 tokens

Notes notes_of(const std::vector<Found>& found, base::WallTime_ms now_ms,
               std::size_t bytes_max = notes_bytes_max);
// "01M8… [preference, your own words, 2026-11-22] text"
std::string note_line(const Entry& entry);

}  // namespace hs::memory
