// What a person has written in a mail: its plain text (RFC 2045, RFC 2046), without what was
// quoted.
//
// What it is for: the words that count as the sender's own. Quoted lines are left out, because they
// are often a stranger's; a mail that was passed on says so.
// What it does not protect from: what the sender pasted without a mark of quotation. Of HTML alone
// nothing is read. Content-Type is often not signed, so who carries the mail might choose which of
// its signed bytes count as text.
// Threads: pure functions.
#pragma once

#include "mail/letter.h"

namespace hs::mail {

inline constexpr std::size_t parts_max = 100;
inline constexpr std::size_t part_depth_max = 8;
inline constexpr std::size_t text_bytes_max = 256 << 10;

struct LetterText {
    std::string text;       // UTF-8, lines that end in LF
    std::size_t files = 0;  // parts that are none of the text
    bool is_passed_on = false;
};

// not_found: it has no plain text. invalid_input: a part that is malformed, nested too deep, or in
// a character set that is not read. exhausted: more than text_bytes_max.
base::Result<LetterText> text_of(const Letter& letter);

// The words of a field such as Subject (RFC 2047), in one line; what cannot be decoded stays.
std::string words_of(std::string_view value);

// Without what was quoted and the signature below "-- ".
LetterText without_quotes(std::string_view text);

}  // namespace hs::mail
