// The system prompt: short, because it is sent with every message and is the person's money.
//
// What it does not protect from: a model that ignores it. Nothing here is a wall; the gate is.
// Threads: pure functions.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

namespace hs::agent {

struct PromptFacts {
    std::string person_name;
    std::string project;  // canonical path, or empty
    std::vector<std::string> roots;
    base::WallTime_ms now_ms = 0;
};

// At most prompt_bytes_max bytes.
inline constexpr std::size_t prompt_bytes_max = 3000;
std::string system_prompt(const PromptFacts& facts);

// A short title for a session, from its first message.
std::string title_from(std::string_view first_message);

}  // namespace hs::agent
