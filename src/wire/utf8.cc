#include "wire/utf8.h"

#include <algorithm>

#include "base/result.h"

namespace hs::wire {
namespace {

constexpr char32_t replacement = 0xfffd;

struct Decoded {
    char32_t code_point;
    std::size_t size_bytes;
    bool well_formed;
};

Decoded decode(std::string_view text) {
    const auto byte = [&](std::size_t i) {
        return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U;
    };
    const unsigned first = byte(0);
    if (first < 0x80) return {first, 1, true};
    const std::size_t size = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
    if (first < 0xc2 || first > 0xf4) return {replacement, 1, false};
    char32_t value = first & (0x7fU >> size);
    for (std::size_t i = 1; i < size; ++i) {
        const unsigned next = byte(i);
        if ((next & 0xc0U) != 0x80) return {replacement, i, false};
        // The second byte alone tells an overlong form, a surrogate and a value beyond U+10FFFF.
        const bool wrong_second = (first == 0xe0 && next < 0xa0) ||
                                  (first == 0xed && next > 0x9f) ||
                                  (first == 0xf0 && next < 0x90) || (first == 0xf4 && next > 0x8f);
        if (i == 1 && wrong_second) return {replacement, 1, false};
        value = (value << 6U) | (next & 0x3fU);
    }
    return {value, size, true};
}

}  // namespace

bool is_utf8(std::string_view text) {
    const auto is_ascii = [](char c) { return static_cast<unsigned char>(c) < 0x80; };
    while (true) {
        text.remove_prefix(static_cast<std::size_t>(
            std::find_if_not(text.begin(), text.end(), is_ascii) - text.begin()));
        if (text.empty()) return true;
        const Decoded decoded = decode(text);
        if (!decoded.well_formed) return false;
        text.remove_prefix(decoded.size_bytes);
    }
}

std::string mend_utf8(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    while (!text.empty()) {
        const Decoded decoded = decode(text);
        append_utf8(out, decoded.code_point);
        text.remove_prefix(decoded.size_bytes);
    }
    return out;
}

char32_t take_code_point(std::string_view& text) {
    CHECK(!text.empty());
    const Decoded decoded = decode(text);
    text.remove_prefix(decoded.well_formed ? decoded.size_bytes : 1);
    return decoded.code_point;
}

void append_utf8(std::string& out, char32_t code_point) {
    const auto put = [&out](char32_t byte) { out += static_cast<char>(byte); };
    if (code_point < 0x80) {
        put(code_point);
    } else if (code_point < 0x800) {
        put(0xc0 | (code_point >> 6U));
        put(0x80 | (code_point & 0x3fU));
    } else if (code_point < 0x10000) {
        put(0xe0 | (code_point >> 12U));
        put(0x80 | ((code_point >> 6U) & 0x3fU));
        put(0x80 | (code_point & 0x3fU));
    } else {
        put(0xf0 | (code_point >> 18U));
        put(0x80 | ((code_point >> 12U) & 0x3fU));
        put(0x80 | ((code_point >> 6U) & 0x3fU));
        put(0x80 | (code_point & 0x3fU));
    }
}

std::string_view cut_utf8(std::string_view text, std::size_t bytes_max) {
    if (text.size() <= bytes_max) return text;
    while (bytes_max > 0 && (static_cast<unsigned char>(text[bytes_max]) & 0xc0U) == 0x80) {
        --bytes_max;
    }
    return text.substr(0, bytes_max);
}

}  // namespace hs::wire
