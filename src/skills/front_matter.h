// Front matter: the YAML between the two "---" lines at the top of a SKILL.md, as Json.
//
// What it is for: the one file that calls yaml-cpp is front_matter.cc. Text, depth and number of
// values are bounded; anchors and aliases are refused (no skill needs them, and a bomb is made of
// them), so are tags and a key that stands twice.
// What it does not protect from: what the values mean (card.h checks). Every scalar is text, as the
// SKILL.md standard has it, but plain true, false and integers. Threads: pure functions.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "wire/json.h"

namespace hs::skills {

struct FrontMatter {
    wire::Json value;           // an object
    std::string_view body;      // what follows, in the text given
    std::size_t body_line = 1;  // on which line of the text it begins, from 1
};

inline constexpr std::size_t front_matter_bytes_max = std::size_t{64} << 10U;
inline constexpr std::size_t front_matter_values_max = 4'000;
inline constexpr std::size_t front_matter_depth_max = 16;

// invalid_input with line and reason; exhausted beyond a limit; not_found without front matter.
base::Result<FrontMatter> split_front_matter(std::string_view text);

}  // namespace hs::skills
