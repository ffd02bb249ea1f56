#include "models/lenient_json.h"

#include "wire/utf8.h"

namespace hs::models {
namespace {

// The code unit of a \uXXXX escape at position, or -1.
int escape_at(std::string_view text, std::size_t position) {
    if (position + 6 > text.size() || text[position] != '\\' || text[position + 1] != 'u')
        return -1;
    int unit = 0;
    for (std::size_t i = position + 2; i < position + 6; ++i) {
        const char c = text[i];
        const int digit = c >= '0' && c <= '9'   ? c - '0'
                          : c >= 'a' && c <= 'f' ? c - 'a' + 10
                          : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                                 : -1;
        if (digit < 0) return -1;
        unit = unit * 16 + digit;
    }
    return unit;
}

constexpr bool is_high(int unit) {
    return unit >= 0xd800 && unit <= 0xdbff;
}
constexpr bool is_low(int unit) {
    return unit >= 0xdc00 && unit <= 0xdfff;
}

// How many bytes stay at position, and whether they are a lone surrogate escape.
std::string mend_surrogates(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    std::size_t i = 0;
    while (i < text.size()) {
        if (text[i] != '\\') {
            out += text[i++];
            continue;
        }
        const int unit = escape_at(text, i);
        const bool pair = is_high(unit) && is_low(escape_at(text, i + 6));
        std::size_t width = pair ? 12 : unit >= 0 ? 6 : 2;
        if (!pair && (is_high(unit) || is_low(unit))) {
            out += "\\ufffd";
        } else {
            out += text.substr(i, width);
        }
        i += width;
    }
    return out;
}

}  // namespace

base::Result<wire::Json> parse_lenient_json(std::string_view text, const wire::JsonLimits& limits) {
    std::string mended;
    if (!wire::is_utf8(text)) {
        mended = wire::mend_utf8(text.substr(0, limits.bytes_max + 1));
        text = mended;
    }
    auto strict = wire::parse_json(text, limits);
    const bool surrogate =
        text.find("\\ud") != std::string_view::npos || text.find("\\uD") != std::string_view::npos;
    if (strict || !surrogate || text.size() > limits.bytes_max) return strict;
    return wire::parse_json(mend_surrogates(text), limits);
}

std::string_view text_or_empty(const wire::Json* json, std::string_view key) {
    const wire::Json* member = json == nullptr ? nullptr : json->find(key);
    const std::string* text = member == nullptr ? nullptr : member->text();
    return text == nullptr ? std::string_view() : std::string_view(*text);
}

std::int64_t count_or_zero(const wire::Json* json, std::string_view key) {
    const wire::Json* member = json == nullptr ? nullptr : json->find(key);
    const std::int64_t* count = member == nullptr ? nullptr : member->integer();
    return count == nullptr ? 0 : std::clamp<std::int64_t>(*count, 0, std::int64_t{1} << 53U);
}

}  // namespace hs::models
