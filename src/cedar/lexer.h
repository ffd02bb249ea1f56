// Tokens of Cedar: shared by the policy parser and the schema parser.
//
// What it is for: one place for white space, comments, names, numbers, strings and escapes
// (docs.cedarpolicy.com: grammar reference).
// What it does not protect from: more text than the limits; it refuses that.
// Threads: pure functions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "cedar/source.h"

namespace hs::cedar {

struct TextLimits {
    std::size_t bytes_max = std::size_t{16} << 20U;
    std::size_t tokens_max = 4'000'000;
    std::uint32_t nesting_max = 400;  // brackets and operators inside each other
};

enum class TokenKind : std::uint8_t {
    identifier,  // reserved words too
    number,
    string,  // with its quotes, still escaped
    at,
    open_brace,
    close_brace,
    open_bracket,
    close_bracket,
    open_parenthesis,
    close_parenthesis,
    comma,
    semicolon,
    colon,
    double_colon,
    dot,
    question,
    assign,
    equal,
    not_equal,
    less,
    less_equal,
    greater,
    greater_equal,
    logical_and,
    logical_or,
    plus,
    minus,
    star,
    slash,
    percent,
    exclamation,
    end,
};

// How a message names the kind: "identifier", "`==`", "end of the text".
std::string_view token_name(TokenKind kind);

struct Token {
    TokenKind kind = TokenKind::end;
    Span span;
};

// All tokens and a last one of kind `end`. Refuses text that is too long, not UTF-8, or holds
// a character or an unclosed string that no token starts with; the message shows the place.
base::Result<std::vector<Token>> tokenize(const SourceText& source, const TextLimits& limits = {});

// The text of a string token without quotes and escapes: \n \r \t \\ \0 \' \" \xHH (up to 7F)
// and \u{1 to 6 digits}.
base::Result<std::string> unescape(const SourceText& source, Span token);
// The literal parts of a `like` pattern between its unescaped stars; `\*` is a star.
base::Result<std::vector<std::string>> unescape_pattern(const SourceText& source, Span token);

}  // namespace hs::cedar
