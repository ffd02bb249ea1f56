// What policy needs of Unicode: normal forms, invisible characters, scripts.
//
// Source: Unicode 15 through utf8proc; UAX 15 (normal forms), UTS 39 (mixed scripts); the script
// table covers what is common in names and calls everything else `other`.
// What it does not protect from: look-alikes within one script ("rn" and "m").
// Threads: pure functions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace hs::policy {

// NFKC with case folding. invalid_input for invalid UTF-8.
base::Result<std::string> fold_compatible(std::string_view text);
// NFC. invalid_input for invalid UTF-8.
base::Result<std::string> compose(std::string_view text);

// Control, invisible, direction-changing, private-use and unassigned characters: nothing that a
// person could see or a name needs.
bool is_hidden(char32_t code_point);
// Looks like "/" or "\" without being it: U+2044, U+2215, U+29F8 and their kin.
bool looks_like_separator(char32_t code_point);
bool is_combining_mark(char32_t code_point);

enum class Script : std::uint8_t {
    common,
    latin,
    greek,
    cyrillic,
    armenian,
    hebrew,
    arabic,
    devanagari,
    thai,
    georgian,
    hangul,
    hiragana,
    katakana,
    bopomofo,
    han,
    cherokee,
    other,
};
Script script_of(char32_t code_point);

// True when a person may take the label for another one: scripts mixed beyond the "highly
// restrictive" level of UTS 39, or all its Cyrillic or Greek letters look like Latin ones.
bool is_confusable(const std::vector<char32_t>& label);

std::vector<char32_t> code_points(std::string_view text);

}  // namespace hs::policy
