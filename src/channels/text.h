// Answers as platforms take them: Markdown cut into pieces that each stand by themselves, and
// written in the platform's own dialect.
//
// What it is for: a long answer is cut between blocks, then lines, then words; a code block that is
// cut is closed and opened again. No cut falls inside a character.
// What it does not protect from: what the text says. Mentions of everybody are made harmless.
// Threads: pure functions.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "channels/platform.h"

namespace hs::channels {

inline constexpr std::size_t pieces_max = 20;

// At least one piece, each of at most bytes_max (at least 64); what is beyond pieces_max is left
// out and said.
std::vector<std::string> split_markdown(std::string_view text, std::size_t bytes_max);

// The beginning of a text, in at most so many bytes, cut between characters.
std::string shortened(std::string_view text, std::size_t bytes_max);

// The piece in the dialect. Slack: mrkdwn with its escapes; markdown: as it is; plain: without
// emphasis. In each, words that would call everybody are broken.
std::string rendered(std::string_view markdown, Traits::Dialect dialect);

}  // namespace hs::channels
