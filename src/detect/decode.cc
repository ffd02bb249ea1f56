#include "detect/decode.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include "detect/shape.h"

namespace hs::detect {

namespace {

struct Sextets {
    std::array<std::uint8_t, 256> of{};
    constexpr Sextets() {
        for (auto& value : of) value = 0xFF;
        for (unsigned i = 0; i < 26; ++i) {
            of['A' + i] = static_cast<std::uint8_t>(i);
            of['a' + i] = static_cast<std::uint8_t>(26 + i);
        }
        for (unsigned i = 0; i < 10; ++i) of['0' + i] = static_cast<std::uint8_t>(52 + i);
        of['+'] = of['-'] = 62;
        of['/'] = of['_'] = 63;
    }
};
constexpr Sextets sextets;

int nibble(char byte) {
    if (is_digit(byte)) return byte - '0';
    const char lower = to_lower(byte);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

void append_utf8(std::string& out, unsigned point) {
    if (point < 0x80) {
        out += static_cast<char>(point);
    } else if (point < 0x800) {
        out += static_cast<char>(0xC0 | (point >> 6));
        out += static_cast<char>(0x80 | (point & 0x3F));
    } else {
        out += static_cast<char>(0xE0 | (point >> 12));
        out += static_cast<char>(0x80 | ((point >> 6) & 0x3F));
        out += static_cast<char>(0x80 | (point & 0x3F));
    }
}

// Four hexadecimal digits, or -1.
int code_unit(std::string_view digits) {
    if (digits.size() < 4) return -1;
    int unit = 0;
    for (const char digit : digits.substr(0, 4)) {
        const int value = nibble(digit);
        if (value < 0) return -1;
        unit = unit * 16 + value;
    }
    return unit;
}

}  // namespace

std::string decode_base64(std::string_view text) {
    std::string out;
    out.reserve(text.size() / 4 * 3 + 3);
    std::uint32_t bits = 0;
    unsigned held = 0;
    for (const char byte : text) {
        if (is_space(byte)) continue;
        const std::uint8_t value = sextets.of[static_cast<unsigned char>(byte)];
        if (value == 0xFF) break;
        bits = (bits << 6) | value;
        held += 6;
        if (held < 8) continue;
        held -= 8;
        out += static_cast<char>((bits >> held) & 0xFF);
    }
    return out;
}

std::string decode_hex(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i + 1 < text.size(); i += 2) {
        const int high = nibble(text[i]);
        const int low = nibble(text[i + 1]);
        if (high < 0 || low < 0) break;
        out += static_cast<char>(high * 16 + low);
    }
    return out;
}

std::string decode_percent(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '%' && i + 2 < text.size() && nibble(text[i + 1]) >= 0 &&
            nibble(text[i + 2]) >= 0) {
            out += static_cast<char>(nibble(text[i + 1]) * 16 + nibble(text[i + 2]));
            i += 2;
        } else {
            out += text[i];
        }
    }
    return out;
}

std::string decode_escapes(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '\\' || i + 1 >= text.size()) {
            out += text[i];
            continue;
        }
        const char sign = text[++i];
        if (sign == 'n') {
            out += '\n';
        } else if (sign == 't') {
            out += '\t';
        } else if (sign == 'r') {
            out += '\r';
        } else if (sign == 'u' && code_unit(text.substr(i + 1)) >= 0) {
            append_utf8(out, static_cast<unsigned>(code_unit(text.substr(i + 1))));
            i += 4;
        } else if (sign == 'x' && i + 2 < text.size() && nibble(text[i + 1]) >= 0 &&
                   nibble(text[i + 2]) >= 0) {
            out += static_cast<char>(nibble(text[i + 1]) * 16 + nibble(text[i + 2]));
            i += 2;
        } else {
            out += sign;
        }
    }
    return out;
}

bool is_text(std::string_view bytes) {
    const std::string_view head = bytes.substr(0, 256);
    if (head.empty()) return false;
    const auto odd = std::count_if(head.begin(), head.end(), [](char byte) {
        return (byte < ' ' && !is_space(byte)) || byte == 0x7F ||
               static_cast<unsigned char>(byte) >= 0xF8;
    });
    const auto high = std::count_if(head.begin(), head.end(), [](char byte) {
        return static_cast<unsigned char>(byte) >= 0x80;
    });
    return odd == 0 && high * 10 <= static_cast<std::ptrdiff_t>(head.size());
}

}  // namespace hs::detect
