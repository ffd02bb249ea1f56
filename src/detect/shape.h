// Shape: what a token is made of: alphabets, entropy, words, placeholders. It tells a random value
// from a name, a reference and an example.
//
// What it does not protect from: a value that was chosen to look like a word.
// Threads: pure functions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace hs::detect {

constexpr bool is_digit(char byte) {
    return byte >= '0' && byte <= '9';
}
constexpr bool is_upper(char byte) {
    return byte >= 'A' && byte <= 'Z';
}
constexpr bool is_lower(char byte) {
    return byte >= 'a' && byte <= 'z';
}
constexpr bool is_letter(char byte) {
    return is_upper(byte) || is_lower(byte);
}
constexpr bool is_alnum(char byte) {
    return is_letter(byte) || is_digit(byte);
}
constexpr bool is_word(char byte) {
    return is_alnum(byte) || byte == '_';
}
constexpr bool is_hex(char byte) {
    return is_digit(byte) || (byte >= 'a' && byte <= 'f') || (byte >= 'A' && byte <= 'F');
}
constexpr char to_lower(char byte) {
    return is_upper(byte) ? static_cast<char>(byte + 32) : byte;
}
constexpr bool is_blank(char byte) {
    return byte == ' ' || byte == '\t';
}
constexpr bool is_space(char byte) {
    return is_blank(byte) || byte == '\n' || byte == '\r';
}

enum class Alphabet : std::uint8_t {
    digits,
    hex,
    lower_alnum,
    alnum,
    word,    // alnum, _ and -
    base64,  // alnum, +, /, = and url-safe forms
    uuid,    // 8-4-4-4-12
    printable,
};
bool made_of(std::string_view text, Alphabet alphabet);
bool is_uuid(std::string_view text);
// A word of at least so many bytes with a digit in it.
bool has_word_with_digit(std::string_view line, std::size_t bytes);

// Shannon's entropy in bits a byte.
double entropy(std::string_view text);
// The share of neighbouring letters that are common neighbours in English: words have more than
// 0.5, random letters about 0.2.
double wordiness(std::string_view text);
// Letters and digits that no person chose: enough entropy for its length, and no words.
bool looks_random(std::string_view text);

// "EXAMPLE", "xxxx", "changeme", "your-key-here", "1234567890", one letter again and again.
bool is_placeholder(std::string_view text);
// ${NAME}, {{ name }}, $NAME, <name>, %s, process.env.NAME, a call or an address of a secret store.
bool is_reference(std::string_view text);

// Whether lower_text stands in text, whatever its case.
bool contains_any_case(std::string_view text, std::string_view lower_text);

}  // namespace hs::detect
