// Rules: the tables of documented secret formats. A token rule knows a format by its own letters; a
// keyword rule knows a shape that tells nothing by itself, such as 32 hexadecimal digits, by the
// name it is given to.
//
// The formats come from the providers' documentation and from tokens' documented prefixes.
// Threads: constants.
#pragma once

#include <cstdint>
#include <span>

#include "detect/shape.h"

namespace hs::detect {

enum class Edge : std::uint8_t {
    token,  // no letter or digit before the first and after the last byte
    open,   // anything may stand around it
};

struct TokenRule {
    const char* kind;
    // Literals of four bytes or more, separated by |, one of which stands in every such secret. \1
    // stands for each hexadecimal digit, \2 for each letter or digit, _ and -, \3 for each digit.
    const char* gates;
    const char* pattern;      // RE2; the secret, from its first byte
    double entropy = 2.5;     // of the match, in bits a byte
    std::uint8_t before = 0;  // bytes of the secret before the gate
    Edge edge = Edge::token;
    double confidence = 0.95;
    bool in_binary = true;  // safe to look for in bytes that are no text
};

struct KeywordRule {
    const char* kind;
    const char* keywords;  // lower case, separated by |, of four bytes or more
    Alphabet alphabet;
    std::uint16_t length_min;
    std::uint16_t length_max;
    double entropy = 2.8;
    const char* pattern = nullptr;  // RE2 over the whole value, where the alphabet is not enough
};

std::span<const TokenRule> cloud_token_rules();
std::span<const TokenRule> code_token_rules();
std::span<const TokenRule> service_token_rules();
std::span<const KeywordRule> keyword_rules();

}  // namespace hs::detect
