// One mail as bytes: its header fields, in order and unchanged, and its body (RFC 5322).
//
// What it is for: checking who signed a mail, which needs every byte as it came.
// What it does not protect from: what the mail says. Nothing here is decoded or believed.
// Threads: values; the functions are pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace hs::mail {

struct LetterField {
    std::string name;        // lower case
    std::string_view raw;    // the whole field with its line ends, folds and first spelling
    std::string_view value;  // behind the colon, without the last line end
};

struct Letter {
    std::vector<LetterField> fields;
    std::string_view body;
};

inline constexpr std::size_t letter_bytes_max = 8 << 20;
inline constexpr std::size_t letter_header_bytes_max = 128 << 10;
inline constexpr std::size_t letter_fields_max = 256;

// Views into `text`, which outlives them. invalid_input: too large, a NUL, a line that does not
// end in CRLF (two readers would see two mails), a header line that is no field.
base::Result<Letter> read_letter(std::string_view text);

// The one field of this name (lower case). invalid_input if there are two, not_found if none.
base::Result<LetterField> only_field(const Letter& letter, std::string_view name);

// The one address of a From field, its domain in lower case: `a@b` or `words <a@b>`. Refuses
// lists, groups, comments, quoted local parts, source routes and anything but ASCII: a sender
// that two readers read differently is nobody.
base::Result<std::string> only_address(std::string_view value);

}  // namespace hs::mail
