// National: the identifiers of persons, by country, with the check digits that their issuers
// document. Threads: constants and pure functions.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace hs::detect {

struct NumberRule {
    const char* kind;
    std::uint8_t digits;
    // How it is written: group lengths and the signs between them, such as "3-2-4"; "" for digits
    // alone; several, separated by |. In another form it is not this.
    const char* layouts;
    const char* words;  // near it, in lower case, separated by |
    bool (*holds)(std::string_view digits);
    double alone;     // confidence without such a word; 0: not reported
    double in_words;  // and with one
};

std::span<const NumberRule> number_rules();

struct LetteredRule {
    const char* kind;
    std::uint8_t length;
    const char* shape;  // A: a capital, 9: a digit, X: either; in its length
    const char* words;
    bool (*holds)(std::string_view text);
    double alone;
    double in_words;
};

std::span<const LetteredRule> lettered_rules();

}  // namespace hs::detect
