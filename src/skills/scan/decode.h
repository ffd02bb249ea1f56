// Decode: text that hides in other text: base64, hexadecimal, escapes, character codes, percent
// signs, rot13, reversal, deflate; and strings put together from pieces.
//
// What it is for: the scanner looks at what comes out as well. Depth, size and number are bounded.
// What it does not protect from: ciphers with a key, and whatever is computed. Threads: pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "skills/scan/view.h"

namespace hs::skills {

struct Decoded {
    std::string text;
    std::string how;          // "base64"
    std::size_t offset = 0;   // in the text it was found in
    bool is_program = false;  // begins like an executable file
};

inline constexpr std::size_t decoded_items_max = 200;
inline constexpr std::size_t decoded_bytes_max = std::size_t{1} << 20U;

// One layer: what the text holds directly.
std::vector<Decoded> decode_inside(std::string_view text);
// The lines of code with their strings joined and variables put in, where that changes a line.
std::vector<Passage> fold_strings(const std::vector<Passage>& code);
// rot13 and reversal of every string literal, for files that mention how to undo them.
std::vector<Decoded> undo_letter_tricks(std::string_view text);
// The magic of ELF, PE, Mach-O or a Java class.
bool is_program_image(std::string_view bytes);

}  // namespace hs::skills
