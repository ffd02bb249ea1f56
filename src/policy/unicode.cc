#include "policy/unicode.h"

#include <utf8proc.h>

#include <bitset>
#include <cstdlib>
#include <span>

#include "wire/utf8.h"

namespace hs::policy {
namespace {

using base::Code;
using base::fail;

struct Range {
    char32_t first;
    char32_t last;
    Script script;
};

// Sorted by first. Letters only; digits, marks and punctuation are common.
constexpr Range script_ranges[] = {
    {0x0041, 0x005A, Script::latin},      {0x0061, 0x007A, Script::latin},
    {0x00AA, 0x00AA, Script::latin},      {0x00BA, 0x00BA, Script::latin},
    {0x00C0, 0x00D6, Script::latin},      {0x00D8, 0x00F6, Script::latin},
    {0x00F8, 0x02B8, Script::latin},      {0x0370, 0x0373, Script::greek},
    {0x0375, 0x03FF, Script::greek},      {0x0400, 0x052F, Script::cyrillic},
    {0x0531, 0x058F, Script::armenian},   {0x0591, 0x05F4, Script::hebrew},
    {0x0600, 0x06FF, Script::arabic},     {0x0750, 0x077F, Script::arabic},
    {0x0900, 0x097F, Script::devanagari}, {0x0E01, 0x0E5B, Script::thai},
    {0x10A0, 0x10FF, Script::georgian},   {0x1100, 0x11FF, Script::hangul},
    {0x13A0, 0x13FD, Script::cherokee},   {0x1C80, 0x1C8F, Script::cyrillic},
    {0x1D00, 0x1D25, Script::latin},      {0x1E00, 0x1EFF, Script::latin},
    {0x1F00, 0x1FFF, Script::greek},      {0x2DE0, 0x2DFF, Script::cyrillic},
    {0x2E80, 0x2FD5, Script::han},        {0x3005, 0x3007, Script::han},
    {0x3041, 0x309F, Script::hiragana},   {0x30A0, 0x30FF, Script::katakana},
    {0x3105, 0x312F, Script::bopomofo},   {0x3130, 0x318F, Script::hangul},
    {0x31A0, 0x31BF, Script::bopomofo},   {0x3400, 0x4DBF, Script::han},
    {0x4E00, 0x9FFF, Script::han},        {0xA640, 0xA69F, Script::cyrillic},
    {0xA720, 0xA7FF, Script::latin},      {0xAB30, 0xAB64, Script::latin},
    {0xAB70, 0xABBF, Script::cherokee},   {0xAC00, 0xD7FB, Script::hangul},
    {0xF900, 0xFAFF, Script::han},        {0xFF66, 0xFF9F, Script::katakana},
    {0x20000, 0x323AF, Script::han},
};

base::Result<std::string> map_text(std::string_view text, int options) {
    if (!wire::is_utf8(text)) return fail(Code::invalid_input, "expected text in UTF-8");
    utf8proc_uint8_t* mapped = nullptr;
    const utf8proc_ssize_t length =
        utf8proc_map(reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
                     static_cast<utf8proc_ssize_t>(text.size()), &mapped,
                     static_cast<utf8proc_option_t>(options));
    if (length < 0) return fail(Code::invalid_input, "the text has no normal form");
    std::string result(reinterpret_cast<const char*>(mapped), static_cast<std::size_t>(length));
    std::free(mapped);
    return result;
}

bool is_one_of(char32_t code_point, std::span<const utf8proc_category_t> categories) {
    const auto category = utf8proc_category(static_cast<utf8proc_int32_t>(code_point));
    return std::find(categories.begin(), categories.end(), category) != categories.end();
}

// Cyrillic and Greek small letters that read as a Latin letter in common fonts (UTS 39 data,
// retold): а с ԁ е һ і ј ӏ о р ԛ ѕ ѵ ԝ х у ү and α ι κ ν ο ρ τ υ χ γ.
bool reads_as_latin(char32_t code_point) {
    static constexpr char32_t alike[] = {0x0430, 0x0441, 0x0501, 0x0435, 0x04BB, 0x0456, 0x0458,
                                         0x04CF, 0x043E, 0x0440, 0x051B, 0x0455, 0x0475, 0x051D,
                                         0x0445, 0x0443, 0x04AF, 0x03B1, 0x03B9, 0x03BA, 0x03BD,
                                         0x03BF, 0x03C1, 0x03C4, 0x03C5, 0x03C7, 0x03B3};
    return std::find(std::begin(alike), std::end(alike), code_point) != std::end(alike);
}

using Scripts = std::bitset<32>;

Scripts bits(std::initializer_list<Script> scripts) {
    Scripts result;
    for (const Script script : scripts) result.set(static_cast<std::size_t>(script));
    return result;
}

bool is_allowed_mix(const Scripts& present) {
    if (present.count() <= 1) return true;
    const Scripts japanese = bits({Script::latin, Script::han, Script::hiragana, Script::katakana});
    const Scripts chinese = bits({Script::latin, Script::han, Script::bopomofo});
    const Scripts korean = bits({Script::latin, Script::han, Script::hangul});
    for (const Scripts& allowed : {japanese, chinese, korean}) {
        if ((present & ~allowed).none()) return true;
    }
    return false;
}

}  // namespace

base::Result<std::string> fold_compatible(std::string_view text) {
    return map_text(text, UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_COMPAT | UTF8PROC_CASEFOLD);
}

base::Result<std::string> compose(std::string_view text) {
    return map_text(text, UTF8PROC_STABLE | UTF8PROC_COMPOSE);
}

bool is_hidden(char32_t code_point) {
    static constexpr utf8proc_category_t hidden[] = {
        UTF8PROC_CATEGORY_CC, UTF8PROC_CATEGORY_CF, UTF8PROC_CATEGORY_CS, UTF8PROC_CATEGORY_CO,
        UTF8PROC_CATEGORY_CN, UTF8PROC_CATEGORY_ZL, UTF8PROC_CATEGORY_ZP};
    if (is_one_of(code_point, hidden)) return true;
    // Blank without being spaces: Hangul fillers, the Braille blank, variation selectors.
    return code_point == 0x115F || code_point == 0x1160 || code_point == 0x3164 ||
           code_point == 0xFFA0 || code_point == 0x2800 || code_point == 0x034F ||
           (code_point >= 0xFE00 && code_point <= 0xFE0F) ||
           (code_point >= 0xE0100 && code_point <= 0xE01EF);
}

bool looks_like_separator(char32_t code_point) {
    static constexpr char32_t alike[] = {0x2044, 0x2215, 0x2216, 0x2571, 0x29F5, 0x29F8,
                                         0x29F9, 0x27CB, 0x27CD, 0x3033, 0x4E3F, 0xFE68,
                                         0xFF0F, 0xFF3C, 0x1735, 0x2F03, 0x31D3, 0x01C0};
    return std::find(std::begin(alike), std::end(alike), code_point) != std::end(alike);
}

bool is_combining_mark(char32_t code_point) {
    static constexpr utf8proc_category_t marks[] = {UTF8PROC_CATEGORY_MN, UTF8PROC_CATEGORY_MC,
                                                    UTF8PROC_CATEGORY_ME};
    return is_one_of(code_point, marks);
}

Script script_of(char32_t code_point) {
    const auto* found =
        std::upper_bound(std::begin(script_ranges), std::end(script_ranges), code_point,
                         [](char32_t value, const Range& range) { return value < range.first; });
    if (found != std::begin(script_ranges)) {
        const Range& range = *std::prev(found);
        if (code_point <= range.last) return range.script;
    }
    static constexpr utf8proc_category_t letters[] = {UTF8PROC_CATEGORY_LU, UTF8PROC_CATEGORY_LL,
                                                      UTF8PROC_CATEGORY_LT, UTF8PROC_CATEGORY_LM,
                                                      UTF8PROC_CATEGORY_LO};
    return is_one_of(code_point, letters) ? Script::other : Script::common;
}

bool is_confusable(const std::vector<char32_t>& label) {
    Scripts present;
    bool all_read_as_latin = true;
    for (const char32_t code_point : label) {
        const Script script = script_of(code_point);
        if (script == Script::common) continue;
        present.set(static_cast<std::size_t>(script));
        if (!reads_as_latin(code_point)) all_read_as_latin = false;
    }
    if (present.none()) return false;
    return !is_allowed_mix(present) || all_read_as_latin;
}

std::vector<char32_t> code_points(std::string_view text) {
    std::vector<char32_t> result;
    result.reserve(text.size());
    while (!text.empty()) result.push_back(wire::take_code_point(text));
    return result;
}

}  // namespace hs::policy
