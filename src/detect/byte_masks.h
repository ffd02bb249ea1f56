// Byte masks: for each 64 bytes one bit a byte for each class of bytes that a detector begins at.
// SSE2, which every x86-64 has; elsewhere a loop that gives the same.
// Threads: pure functions.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <string_view>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include "detect/shape.h"

namespace hs::detect {

struct ByteMasks {
    std::uint64_t digits = 0;
    std::uint64_t at_signs = 0;
    std::uint64_t colons = 0;
    std::uint64_t dots = 0;
    std::uint64_t escapes = 0;  // % and backslash
    std::uint64_t high = 0;     // the first bytes of characters that may be invisible
    std::uint64_t base64 = 0;   // letters, digits, + / - _
    std::uint64_t capitals = 0;
};

#if defined(__SSE2__)
namespace masks {

inline __m128i at_most(__m128i bytes, char least, char width) {
    const __m128i moved = _mm_sub_epi8(bytes, _mm_set1_epi8(least));
    return _mm_cmpeq_epi8(_mm_min_epu8(moved, _mm_set1_epi8(width)), moved);
}
inline __m128i is(__m128i bytes, int value) {
    return _mm_cmpeq_epi8(bytes, _mm_set1_epi8(static_cast<char>(value)));
}
inline std::uint64_t bits(__m128i mask, unsigned place) {
    return static_cast<std::uint64_t>(static_cast<unsigned>(_mm_movemask_epi8(mask))) << place;
}

}  // namespace masks

// data: 64 bytes.
inline ByteMasks masks_of(const char* data) {
    using namespace masks;
    ByteMasks out;
    for (unsigned place = 0; place < 64; place += 16) {
        const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(data + place));
        const __m128i digit = at_most(bytes, '0', 9);
        const __m128i letter = at_most(_mm_or_si128(bytes, _mm_set1_epi8(0x20)), 'a', 25);
        const __m128i joints = _mm_or_si128(_mm_or_si128(is(bytes, '+'), is(bytes, '/')),
                                            _mm_or_si128(is(bytes, '-'), is(bytes, '_')));
        const __m128i alnum = _mm_or_si128(digit, letter);
        out.digits |= bits(digit, place);
        out.capitals |= bits(at_most(bytes, 'A', 25), place);
        out.base64 |= bits(_mm_or_si128(alnum, joints), place);
        out.at_signs |= bits(is(bytes, '@'), place);
        out.colons |= bits(is(bytes, ':'), place);
        out.dots |= bits(is(bytes, '.'), place);
        out.escapes |= bits(_mm_or_si128(is(bytes, '%'), is(bytes, '\\')), place);
        out.high |= bits(
            _mm_or_si128(is(bytes, 0xE2), _mm_or_si128(is(bytes, 0xEF), is(bytes, 0xF3))), place);
    }
    return out;
}
#else
inline ByteMasks masks_of(const char* data) {
    ByteMasks out;
    for (unsigned place = 0; place < 64; ++place) {
        const char byte = data[place];
        const auto raw = static_cast<unsigned char>(byte);
        const std::uint64_t bit = std::uint64_t{1} << place;
        const bool joint = byte == '+' || byte == '/' || byte == '-' || byte == '_';
        if (is_digit(byte)) out.digits |= bit;
        if (is_upper(byte)) out.capitals |= bit;
        if (is_alnum(byte) || joint) out.base64 |= bit;
        if (byte == '@') out.at_signs |= bit;
        if (byte == ':') out.colons |= bit;
        if (byte == '.') out.dots |= bit;
        if (byte == '%' || byte == '\\') out.escapes |= bit;
        if (raw == 0xE2 || raw == 0xEF || raw == 0xF3) out.high |= bit;
    }
    return out;
}
#endif

// Bits of low and of what follows it in high, moved down.
inline std::uint64_t moved_down(std::uint64_t low, std::uint64_t high, unsigned by) {
    return by == 0 ? low : (low >> by) | (high << (64 - by));
}

}  // namespace hs::detect
