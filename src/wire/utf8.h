// UTF-8: is it, mend it, walk it by code point (RFC 3629; overlong forms and surrogates refused).
//
// What it does not protect from: look-alike or invisible characters; `policy` and `flow` normalise.
// Threads: pure functions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace hs::wire {

bool is_utf8(std::string_view text);
// Every maximal ill-formed part becomes U+FFFD.
std::string mend_utf8(std::string_view text);
// The code point at the front, which is removed; U+FFFD and one byte where it is ill-formed.
// The text must not be empty.
char32_t take_code_point(std::string_view& text);
void append_utf8(std::string& out, char32_t code_point);
// The longest prefix of at most bytes_max that does not cut a character.
std::string_view cut_utf8(std::string_view text, std::size_t bytes_max);

}  // namespace hs::wire
