// Bytes and their text forms: hex, base64, base64url.
//
// What it is for: raw bytes whose meaning is not text. Text is std::string, always UTF-8 once a
// parser of `wire` has let it in.
// What it does not protect from: comparing secrets. Use crypto::equal for those.
// Threads: pure functions.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace hs::base {

using Bytes = std::vector<std::uint8_t>;
using ByteView = std::span<const std::uint8_t>;

inline ByteView bytes_of(std::string_view text) {
    return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}
inline std::string_view text_of(ByteView bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}
inline Bytes copy_bytes(ByteView bytes) {
    return Bytes(bytes.begin(), bytes.end());
}

// Lower-case hexadecimal, two digits a byte.
std::string to_hex(ByteView bytes);
// Accepts both cases; an odd length or another character is invalid_input.
Result<Bytes> from_hex(std::string_view text);

// RFC 4648 section 4, with padding.
std::string to_base64(ByteView bytes);
// Strict: padding required, no white space, no bits left over (section 3.5).
Result<Bytes> from_base64(std::string_view text);

// RFC 4648 section 5, without padding.
std::string to_base64url(ByteView bytes);
Result<Bytes> from_base64url(std::string_view text);

}  // namespace hs::base
