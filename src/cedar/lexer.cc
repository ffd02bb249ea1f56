#include "cedar/lexer.h"

#include <fmt/format.h>

#include <array>

#include "cedar/name.h"
#include "wire/utf8.h"

namespace hs::cedar {
namespace {

using base::Code;
using base::fail;
using base::Result;

// What a byte can begin or continue.
enum ByteClass : std::uint8_t { other, blank, letter, digit, quote, symbol };

constexpr std::array<std::uint8_t, 256> classify_bytes() {
    std::array<std::uint8_t, 256> table{};
    for (int c = 'a'; c <= 'z'; ++c) table[static_cast<std::size_t>(c)] = letter;
    for (int c = 'A'; c <= 'Z'; ++c) table[static_cast<std::size_t>(c)] = letter;
    for (int c = '0'; c <= '9'; ++c) table[static_cast<std::size_t>(c)] = digit;
    for (int c = '\t'; c <= '\r'; ++c) table[static_cast<std::size_t>(c)] = blank;
    for (const char c : std::string_view("@{}[](),;:.?=!<>&|+-*/%")) {
        table[static_cast<std::size_t>(c)] = symbol;
    }
    table['_'] = letter;
    table[' '] = blank;
    table['"'] = quote;
    return table;
}
constexpr std::array<std::uint8_t, 256> byte_classes = classify_bytes();

std::uint8_t class_of(char c) {
    return byte_classes[static_cast<unsigned char>(c)];
}

TokenKind single_symbol(char c) {
    switch (c) {
        case '@':
            return TokenKind::at;
        case '{':
            return TokenKind::open_brace;
        case '}':
            return TokenKind::close_brace;
        case '[':
            return TokenKind::open_bracket;
        case ']':
            return TokenKind::close_bracket;
        case '(':
            return TokenKind::open_parenthesis;
        case ')':
            return TokenKind::close_parenthesis;
        case ',':
            return TokenKind::comma;
        case ';':
            return TokenKind::semicolon;
        case ':':
            return TokenKind::colon;
        case '.':
            return TokenKind::dot;
        case '?':
            return TokenKind::question;
        case '=':
            return TokenKind::assign;
        case '<':
            return TokenKind::less;
        case '>':
            return TokenKind::greater;
        case '+':
            return TokenKind::plus;
        case '-':
            return TokenKind::minus;
        case '*':
            return TokenKind::star;
        case '/':
            return TokenKind::slash;
        case '%':
            return TokenKind::percent;
        case '!':
            return TokenKind::exclamation;
        default:
            return TokenKind::end;
    }
}

TokenKind double_symbol(char first, char second) {
    if (second == '=') {
        if (first == '=') return TokenKind::equal;
        if (first == '!') return TokenKind::not_equal;
        if (first == '<') return TokenKind::less_equal;
        if (first == '>') return TokenKind::greater_equal;
    }
    if (first != second) return TokenKind::end;
    if (first == ':') return TokenKind::double_colon;
    if (first == '&') return TokenKind::logical_and;
    if (first == '|') return TokenKind::logical_or;
    return TokenKind::end;
}

// Most policies are ASCII: eight bytes at a time until one is not.
bool is_ascii(std::string_view text) {
    constexpr std::uint64_t high_bits = 0x8080808080808080U;
    while (text.size() >= sizeof(std::uint64_t)) {
        std::uint64_t word = 0;
        std::memcpy(&word, text.data(), sizeof(word));
        if ((word & high_bits) != 0) return false;
        text.remove_prefix(sizeof(word));
    }
    return std::none_of(text.begin(), text.end(),
                        [](char c) { return static_cast<unsigned char>(c) >= 0x80; });
}

// Unicode White_Space beyond ASCII.
bool is_wide_space(char32_t c) {
    if (c >= 0x2000 && c <= 0x200A) return true;
    return c == 0x85 || c == 0xA0 || c == 0x1680 || c == 0x2028 || c == 0x2029 || c == 0x202F ||
           c == 0x205F || c == 0x3000;
}

class Scanner {
  public:
    Scanner(const SourceText& source, const TextLimits& limits)
        : source_(source), limits_(limits), text_(source.text()) {}

    Result<std::vector<Token>> scan() {
        // Typical policies hold a token every five bytes.
        tokens_.reserve(text_.size() / 5 + 16);
        while (true) {
            skip_blanks();
            const Token token = TRY(next());
            tokens_.push_back(token);
            if (token.kind == TokenKind::end) return std::move(tokens_);
            if (tokens_.size() > limits_.tokens_max) {
                return fail_at(source_, token.span,
                               fmt::format("the text has more than {} tokens; split it into "
                                           "several files",
                                           limits_.tokens_max));
            }
        }
    }

  private:
    void skip_blanks() {
        while (at_ < text_.size()) {
            const char c = text_[at_];
            if (class_of(c) == blank) {
                ++at_;
            } else if (c == '/' && text_.substr(at_, 2) == "//") {
                at_ = std::min(text_.find_first_of("\r\n", at_), text_.size());
            } else if (static_cast<unsigned char>(c) >= 0x80) {
                std::string_view rest = text_.substr(at_);
                if (!is_wide_space(wire::take_code_point(rest))) return;
                at_ = text_.size() - rest.size();
            } else {
                return;
            }
        }
    }

    Token token(TokenKind kind, std::size_t size) {
        const auto begin = static_cast<std::uint32_t>(at_);
        at_ += size;
        return Token{kind, Span{begin, static_cast<std::uint32_t>(at_)}};
    }

    Token word(TokenKind kind) {
        const bool is_number = kind == TokenKind::number;
        std::size_t size = 1;
        for (; at_ + size < text_.size(); ++size) {
            const std::uint8_t found = class_of(text_[at_ + size]);
            if (found != digit && (is_number || found != letter)) break;
        }
        return token(kind, size);
    }

    Result<Token> next() {
        if (at_ == text_.size()) return token(TokenKind::end, 0);
        const char c = text_[at_];
        const std::uint8_t found = class_of(c);
        if (found == letter) return word(TokenKind::identifier);
        if (found == digit) return word(TokenKind::number);
        if (found == quote) return string();
        if (found == symbol) {
            const char after = at_ + 1 < text_.size() ? text_[at_ + 1] : '\0';
            const TokenKind pair = double_symbol(c, after);
            if (pair != TokenKind::end) return token(pair, 2);
            const TokenKind single = single_symbol(c);
            if (single != TokenKind::end) return token(single, 1);
        }
        return unknown();
    }

    base::Failure unknown() const {
        std::string_view rest = text_.substr(at_);
        wire::take_code_point(rest);
        const auto end = static_cast<std::uint32_t>(text_.size() - rest.size());
        return fail_at(source_, {static_cast<std::uint32_t>(at_), end},
                       "no token starts with this character; remove it or put it into a string");
    }

    Result<Token> string() {
        const auto begin = static_cast<std::uint32_t>(at_);
        std::size_t end = at_ + 1;
        while (end < text_.size() && text_[end] != '"') {
            const bool escape = text_[end] == '\\';
            if (escape && text_.substr(end + 1, 1) == "\n") {
                const auto place = static_cast<std::uint32_t>(end);
                return fail_at(source_, {place, place + 1},
                               "an escape cannot end a line; write \\n for a line break");
            }
            end += escape ? 2 : 1;
        }
        if (end >= text_.size()) {
            return fail_at(source_, {begin, begin + 1}, "this string is not closed; expected `\"`");
        }
        return token(TokenKind::string, end + 1 - at_);
    }

    const SourceText& source_;
    const TextLimits& limits_;
    std::string_view text_;
    std::size_t at_ = 0;
    std::vector<Token> tokens_;
};

// Reads the characters of a string token one by one, escapes resolved.
class EscapeReader {
  public:
    EscapeReader(const SourceText& source, Span token)
        : source_(source),
          rest_(source.slice({token.begin + 1, token.end - 1})),
          end_(token.end - 1) {}

    bool done() const { return rest_.empty(); }

    struct Character {
        char32_t code = 0;
        bool escaped_star = false;  // written `\*`
    };

    Result<Character> take() {
        begin_ = end_ - static_cast<std::uint32_t>(rest_.size());
        const char front = rest_.front();
        if (front == '\r') return bad("a string cannot hold a bare carriage return; write \\r");
        if (front != '\\') return Character{wire::take_code_point(rest_)};
        rest_.remove_prefix(1);
        const char kind = rest_.empty() ? '\0' : rest_.front();
        if (!rest_.empty()) rest_.remove_prefix(1);
        switch (kind) {
            case 'n':
                return Character{'\n'};
            case 'r':
                return Character{'\r'};
            case 't':
                return Character{'\t'};
            case '0':
                return Character{'\0'};
            case '\\':
            case '\'':
            case '"':
                return Character{static_cast<char32_t>(kind)};
            case '*':
                return Character{'*', true};
            case 'x':
                return hexadecimal_byte();
            case 'u':
                return unicode();
            default:
                return bad(unknown_escape);
        }
    }

    Result<Character> bad(std::string_view message) const {
        const auto stop = end_ - static_cast<std::uint32_t>(rest_.size());
        return fail_at(source_, {begin_, std::max(stop, begin_ + 1)}, message);
    }

    static constexpr std::string_view unknown_escape =
        "this is no valid escape; expected one of \\n \\r \\t \\\\ \\0 \\' \\\" \\x41 \\u{1F600}";

  private:
    static int digit(char c) {
        if (c >= '0' && c <= '9') return c - '0';
        if (c >= 'a' && c <= 'f') return c - 'a' + 10;
        if (c >= 'A' && c <= 'F') return c - 'A' + 10;
        return -1;
    }

    Result<Character> hexadecimal_byte() {
        if (rest_.size() < 2) return bad(unknown_escape);
        const int high = digit(rest_[0]);
        const int low = digit(rest_[1]);
        rest_.remove_prefix(2);
        if (high < 0 || low < 0 || high > 7) return bad("expected \\x00 to \\x7F");
        return Character{static_cast<char32_t>(high * 16 + low)};
    }

    Result<Character> unicode() {
        constexpr std::string_view expected =
            "expected \\u{…} with one to six hexadecimal digits that name a character";
        const std::size_t close = rest_.find('}');
        if (!rest_.starts_with('{') || close == std::string_view::npos) return bad(expected);
        const std::string_view digits = rest_.substr(1, close - 1);
        rest_.remove_prefix(close + 1);
        if (digits.starts_with('_')) return bad(expected);
        std::uint32_t code = 0;
        int count = 0;
        for (const char c : digits) {
            if (c == '_') continue;
            if (digit(c) < 0 || ++count > 6) return bad(expected);
            code = code * 16 + static_cast<std::uint32_t>(digit(c));
        }
        const bool surrogate = code >= 0xD800 && code <= 0xDFFF;
        if (count == 0 || code > 0x10FFFF || surrogate) return bad(expected);
        return Character{code};
    }

    const SourceText& source_;
    std::string_view rest_;
    std::uint32_t end_;
    std::uint32_t begin_ = 0;
};

}  // namespace

std::string_view token_name(TokenKind kind) {
    switch (kind) {
        case TokenKind::identifier:
            return "identifier";
        case TokenKind::number:
            return "number";
        case TokenKind::string:
            return "string";
        case TokenKind::at:
            return "`@`";
        case TokenKind::open_brace:
            return "`{`";
        case TokenKind::close_brace:
            return "`}`";
        case TokenKind::open_bracket:
            return "`[`";
        case TokenKind::close_bracket:
            return "`]`";
        case TokenKind::open_parenthesis:
            return "`(`";
        case TokenKind::close_parenthesis:
            return "`)`";
        case TokenKind::comma:
            return "`,`";
        case TokenKind::semicolon:
            return "`;`";
        case TokenKind::colon:
            return "`:`";
        case TokenKind::double_colon:
            return "`::`";
        case TokenKind::dot:
            return "`.`";
        case TokenKind::question:
            return "`?`";
        case TokenKind::assign:
            return "`=`";
        case TokenKind::equal:
            return "`==`";
        case TokenKind::not_equal:
            return "`!=`";
        case TokenKind::less:
            return "`<`";
        case TokenKind::less_equal:
            return "`<=`";
        case TokenKind::greater:
            return "`>`";
        case TokenKind::greater_equal:
            return "`>=`";
        case TokenKind::logical_and:
            return "`&&`";
        case TokenKind::logical_or:
            return "`||`";
        case TokenKind::plus:
            return "`+`";
        case TokenKind::minus:
            return "`-`";
        case TokenKind::star:
            return "`*`";
        case TokenKind::slash:
            return "`/`";
        case TokenKind::percent:
            return "`%`";
        case TokenKind::exclamation:
            return "`!`";
        case TokenKind::end:
            return "end of the text";
    }
    return "";
}

namespace {

// The offset of the first bytes that are no UTF-8 character.
std::uint32_t first_foreign(std::string_view text) {
    std::size_t at = 0;
    while (at < text.size()) {
        std::size_t length = 1;
        while (length <= 4 && !wire::is_utf8(text.substr(at, length))) ++length;
        if (length > 4) return static_cast<std::uint32_t>(at);
        at += length;
    }
    return 0;
}

}  // namespace

Result<std::vector<Token>> tokenize(const SourceText& source, const TextLimits& limits) {
    if (source.text().size() > limits.bytes_max) {
        return fail(Code::invalid_input,
                    fmt::format("{}:1:1: the text has {} bytes, more than the {} allowed; split it "
                                "into several files",
                                source.name(), source.text().size(), limits.bytes_max));
    }
    if (!is_ascii(source.text()) && !wire::is_utf8(source.text())) {
        const std::uint32_t at = first_foreign(source.text());
        const LineColumn place = source.locate(at);
        return fail(Code::invalid_input,
                    fmt::format("{}:{}:{}: the text is not UTF-8; save it as UTF-8", source.name(),
                                place.line, place.column));
    }
    return Scanner(source, limits).scan();
}

Result<std::string> unescape(const SourceText& source, Span token) {
    std::string out;
    const std::string_view raw = source.slice({token.begin + 1, token.end - 1});
    if (raw.find_first_of("\\\r") == std::string_view::npos) return std::string(raw);
    EscapeReader reader(source, token);
    while (!reader.done()) {
        const auto character = TRY(reader.take());
        if (character.escaped_star) {
            return std::move(reader.bad("`\\*` is an escape of `like` patterns only")).failure();
        }
        wire::append_utf8(out, character.code);
    }
    return out;
}

Result<std::vector<std::string>> unescape_pattern(const SourceText& source, Span token) {
    std::vector<std::string> parts(1);
    EscapeReader reader(source, token);
    while (!reader.done()) {
        const auto character = TRY(reader.take());
        if (character.code == '*' && !character.escaped_star) {
            parts.emplace_back();
        } else {
            wire::append_utf8(parts.back(), character.code);
        }
    }
    return parts;
}

}  // namespace hs::cedar
