#include "cedar/confusable.h"

#include <utf8proc.h>

#include <algorithm>
#include <array>
#include <bitset>
#include <cstdlib>
#include <memory>

#include "cedar/confusable_scripts.h"
#include "cedar/name.h"
#include "wire/utf8.h"

namespace hs::cedar {
namespace {

using ScriptSet = std::bitset<script_count + 1>;

bool is_bidirectional_control(char32_t c) {
    return (c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069);
}

std::uint8_t script_id(std::string_view name) {
    const auto found = std::find(script_names.begin(), script_names.end(), name);
    return static_cast<std::uint8_t>(found - script_names.begin());
}

// Scripts that one language writes together (UTS 39, section 5.1: Hanb, Jpan, Kore).
const std::array<ScriptSet, 3>& common_mixtures() {
    static const std::array<ScriptSet, 3> mixtures = [] {
        const auto of = [](std::initializer_list<std::string_view> names) {
            ScriptSet set;
            for (const std::string_view name : names) set.set(script_id(name));
            return set;
        };
        return std::array<ScriptSet, 3>{of({"Han", "Bopomofo"}),
                                        of({"Han", "Hiragana", "Katakana"}), of({"Han", "Hangul"})};
    }();
    return mixtures;
}

// UAX 31, table 5: scripts recommended for identifiers.
const ScriptSet& recommended_scripts() {
    static const ScriptSet set = [] {
        ScriptSet made;
        made.set(0);
        for (const std::string_view name :
             {"Arabic",   "Armenian", "Bengali",   "Bopomofo", "Cyrillic", "Devanagari",
              "Ethiopic", "Georgian", "Greek",     "Gujarati", "Gurmukhi", "Han",
              "Hangul",   "Hebrew",   "Hiragana",  "Kannada",  "Katakana", "Khmer",
              "Lao",      "Latin",    "Malayalam", "Myanmar",  "Oriya",    "Sinhala",
              "Tamil",    "Telugu",   "Thaana",    "Thai",     "Tibetan"}) {
            made.set(script_id(name));
        }
        return made;
    }();
    return set;
}

bool is_single_script(const ScriptSet& used) {
    if (used.count() <= 1) return true;
    const auto& mixtures = common_mixtures();
    return std::any_of(mixtures.begin(), mixtures.end(),
                       [&](const ScriptSet& mixture) { return (used & ~mixture).none(); });
}

// Cyrillic and Greek letters with the shape of a Latin one (UTS 39, confusables of one character).
bool looks_latin(char32_t c) {
    static constexpr std::u32string_view letters =
        U"\u0405\u0406\u0408\u0410\u0412\u0415\u041A\u041C\u041D\u041E\u0420\u0421\u0422\u0423"
        U"\u0425"
        U"\u0430\u0435\u043E\u0440\u0441\u0443\u0445\u0455\u0456\u0458\u0475\u04BB\u0501\u051B"
        U"\u051D"
        U"\u0391\u0392\u0395\u0396\u0397\u0399\u039A\u039C\u039D\u039F\u03A1\u03A4\u03A5\u03A7"
        U"\u03B1\u03B3\u03B9\u03BD\u03BF\u03C1\u03C3\u03C5\u03F2\u03F3";
    return letters.find(c) != std::u32string_view::npos;
}

bool is_identifier_category(char32_t c) {
    static constexpr std::array categories = {
        UTF8PROC_CATEGORY_LU, UTF8PROC_CATEGORY_LL, UTF8PROC_CATEGORY_LM, UTF8PROC_CATEGORY_LO,
        UTF8PROC_CATEGORY_MN, UTF8PROC_CATEGORY_MC, UTF8PROC_CATEGORY_ND};
    const utf8proc_category_t category = utf8proc_category(static_cast<utf8proc_int32_t>(c));
    return std::find(categories.begin(), categories.end(), category) != categories.end();
}

// NFKC leaves it as it is: no full-width, ligature or mathematical form.
bool is_compatibility_form(char32_t c) {
    std::string text;
    wire::append_utf8(text, c);
    utf8proc_uint8_t* mapped = nullptr;
    const utf8proc_ssize_t size = utf8proc_map(
        reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
        static_cast<utf8proc_ssize_t>(text.size()), &mapped,
        static_cast<utf8proc_option_t>(UTF8PROC_COMPOSE | UTF8PROC_COMPAT | UTF8PROC_STABLE));
    const std::unique_ptr<utf8proc_uint8_t, decltype(&std::free)> owner(mapped, &std::free);
    if (size < 0) return true;
    return std::string_view(reinterpret_cast<const char*>(mapped),
                            static_cast<std::size_t>(size)) != text;
}

bool is_restricted(char32_t c) {
    if (c < 0x80) return false;
    return !is_identifier_category(c) || !recommended_scripts().test(script_of(c)) ||
           is_compatibility_form(c);
}

struct Survey {
    bool has_bidirectional_control = false;
    bool has_restricted = false;
    bool looks_latin_throughout = true;
    ScriptSet scripts;
};

Survey survey(std::string_view text, TextUse use) {
    Survey found;
    while (!text.empty()) {
        const char32_t c = wire::take_code_point(text);
        if (is_bidirectional_control(c)) found.has_bidirectional_control = true;
        if (use == TextUse::prose) continue;
        const std::uint8_t script = script_of(c);
        if (script != 0) {
            found.scripts.set(script);
            found.looks_latin_throughout = found.looks_latin_throughout && looks_latin(c);
        }
        if (use == TextUse::identifier && is_restricted(c)) found.has_restricted = true;
    }
    return found;
}

std::string names_of(const ScriptSet& scripts) {
    std::string out;
    for (std::size_t i = 1; i < scripts.size(); ++i) {
        if (!scripts.test(i)) continue;
        out += (out.empty() ? "" : ", ") + std::string(script_names[i]);
    }
    return out;
}

// The text with every character that is not ASCII as \u{…}.
std::string escaped(std::string_view text) {
    constexpr std::size_t shown_max = 200;
    static constexpr char digits[] = "0123456789abcdef";
    std::string out;
    while (!text.empty() && out.size() < shown_max) {
        char32_t c = wire::take_code_point(text);
        if (c >= 0x20 && c < 0x7F) {
            out += static_cast<char>(c);
            continue;
        }
        std::string hex;
        do hex.insert(hex.begin(), digits[c % 16]);
        while ((c /= 16) != 0);
        out += "\\u{" + hex + "}";
    }
    return "\"" + out + (text.empty() ? "\"" : "…\"");
}

}  // namespace

std::uint8_t script_of(char32_t code_point) {
    const auto after =
        std::upper_bound(script_ranges.begin(), script_ranges.end(), code_point,
                         [](char32_t c, const ScriptRange& range) { return c < range.first; });
    if (after == script_ranges.begin()) return 0;
    const ScriptRange& range = *(after - 1);
    return code_point <= range.last ? range.script : std::uint8_t{0};
}

std::string_view script_name(std::uint8_t script) {
    return script_names[script];
}

TextSuspicion suspect(std::string_view text, TextUse use) {
    const bool is_ascii = std::all_of(text.begin(), text.end(),
                                      [](char c) { return static_cast<unsigned char>(c) < 0x80; });
    if (is_ascii) return {};
    const Survey found = survey(text, use);
    const std::string shown = escaped(text);
    if (found.has_bidirectional_control) {
        return {SuspicionKind::bidirectional,
                shown + " holds a control character that reorders what is shown"};
    }
    if (!is_single_script(found.scripts)) {
        return {SuspicionKind::mixed_scripts,
                shown + " mixes letters of several scripts: " + names_of(found.scripts)};
    }
    if (found.scripts.any() && found.looks_latin_throughout) {
        return {SuspicionKind::confusable, shown + " is written in " + names_of(found.scripts) +
                                               " letters that look like Latin ones"};
    }
    if (found.has_restricted) {
        return {SuspicionKind::restricted,
                shown + " holds a character that identifiers should not have"};
    }
    return {};
}

}  // namespace hs::cedar
