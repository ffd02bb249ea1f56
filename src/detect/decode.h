// Decode: lenient decoding of what a secret may be wrapped in. Whatever does not decode to text is
// refused early and cheaply.
// Threads: pure functions.
#pragma once

#include <string>
#include <string_view>

namespace hs::detect {

// Base64 in either alphabet, with or without padding; stops at what is neither.
std::string decode_base64(std::string_view text);
std::string decode_hex(std::string_view text);
// %41 and +; nothing else changes.
std::string decode_percent(std::string_view text);
// \n \t \" \\ \/ \u0041, as in JSON and most programming languages.
std::string decode_escapes(std::string_view text);

// Whether the first bytes could be text, or an archive, once decoded.
bool is_text(std::string_view bytes);

}  // namespace hs::detect
