// Change card: what a `git commit` or `git push` is about to take along, shown before a person
// answers, with marks at what is easily overlooked: CI files, lock files, hooks, added secrets.
//
// What it does not protect from: secrets that look like nothing; the patterns here find the common
// forms alone. A card that could not be made says so and does not hold the command back: the
// person decides.
// Threads: the caller's.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tools/tool.h"

namespace hs::tools {

// Which changes a command takes along.
enum class Carries : std::uint8_t { nothing, staged, all_tracked, unpushed };
Carries carries(const std::vector<std::string>& argv);

// The card's text for a unified diff; bounded.
std::string card_of_diff(std::string_view diff);

// Runs `git diff` in the sandbox where policy lets it run unasked; empty for other commands.
std::string change_card(ToolContext& context, const std::vector<std::string>& argv,
                        const std::string& working_directory);

}  // namespace hs::tools
