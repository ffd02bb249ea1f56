// File checks: what a file is, whatever its name says, and characters that no reader sees.
// Threads: pure functions.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "skills/scan/finding.h"
#include "skills/tree.h"

namespace hs::skills {

// Programs, archives, files whose ending lies, hidden files with code. Without line.
void check_kind(const TreeFile& file, std::vector<Finding>& findings);
bool is_text_file(std::string_view bytes);

struct Unseen {
    std::string text;  // what invisible characters spell out, empty when nothing
    std::size_t line = 0;
};
// Invisible, direction-changing and look-alike characters; what they spell is returned so that it
// can be scanned too.
std::vector<Unseen> check_characters(const TreeFile& file, std::vector<Finding>& findings);

}  // namespace hs::skills
