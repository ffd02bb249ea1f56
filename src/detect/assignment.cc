#include "detect/assignment.h"

#include <algorithm>

#include "detect/shape.h"

namespace hs::detect {

namespace {

constexpr bool of_name(char byte) {
    return is_word(byte) || byte == '-' || byte == '.';
}

class Reader {
  public:
    explicit Reader(std::string_view text) : text_(text) {}

    char peek(std::size_t at) const { return at < text_.size() ? text_.data()[at] : '\n'; }
    std::size_t past_blanks(std::size_t at, std::size_t most = 24) const {
        std::size_t i = at;
        while (i < text_.size() && i - at < most && is_blank(text_[i])) ++i;
        return i;
    }
    // A closing quote, escaped or not, and a closing bracket.
    std::size_t past_closing(std::size_t at, bool& was_quoted) const {
        if (peek(at) == '\\' && (peek(at + 1) == '"' || peek(at + 1) == '\'')) ++at;
        if (peek(at) == '"' || peek(at) == '\'' || peek(at) == '`') {
            was_quoted = true;
            ++at;
        }
        if (peek(at) == ']') ++at;
        if (peek(at) == '?' || peek(at) == '!') ++at;
        return at;
    }
    std::size_t past_word(std::size_t at) const {
        std::size_t i = at;
        while (i < text_.size() && i - at < 32 &&
               (is_word(text_[i]) || text_[i] == '[' || text_[i] == ']' || text_[i] == '*' ||
                text_[i] == '.' || text_[i] == '<' || text_[i] == '>')) {
            ++i;
        }
        return i;
    }

    std::size_t past_borrowed(std::size_t at) const {
        std::size_t i = at;
        while (i < text_.size() && i - at < 32 &&
               (is_word(text_[i]) || std::string_view("&' []").find(text_[i]) < 5)) {
            ++i;
        }
        return i;
    }

  private:
    std::string_view text_;
};

// { "name": "DB_PASSWORD", "value": "…" } and the same in YAML and XML: the name is a value itself.
std::optional<std::size_t> past_value_word(const Reader& in, std::string_view text,
                                           std::size_t at) {
    const std::size_t first = at;
    while (at < text.size() && at - first < 48 && (is_space(text[at]) || text[at] == ',')) ++at;
    if (at == first && in.peek(at) != 'v') return std::nullopt;
    if (in.peek(at) == '"' || in.peek(at) == '\'') ++at;
    if (at >= text.size() || !contains_any_case(text.substr(at, 5), "value")) return std::nullopt;
    at += 5;
    if (in.peek(at) == '"' || in.peek(at) == '\'') ++at;
    at = in.past_blanks(at);
    if (in.peek(at) != ':' && in.peek(at) != '=') return std::nullopt;
    return at + 1;
}

// tool --token VALUE; ENV TOKEN VALUE of a Dockerfile; setenv TOKEN VALUE
bool is_option(std::string_view text, std::size_t name_begin) {
    if (text.substr(name_begin).starts_with("--")) return true;
    const std::size_t lead = name_begin > 16 ? name_begin - 16 : 0;
    const std::string_view before = text.substr(lead, name_begin - lead);
    // Each setter ends in a blank behind one of these: most words of prose are refused here.
    if (before.size() < 2 || before.back() != ' ') return false;
    if (std::string_view("Vxvt").find(before[before.size() - 2]) == std::string_view::npos) {
        return false;
    }
    static constexpr std::string_view setters[] = {
        "ENV ", "set -x ", "set -gx ", "setenv ", "set -Ux ", "configure set ", "SetEnv "};
    return std::any_of(std::begin(setters), std::end(setters),
                       [&](std::string_view word) { return before.ends_with(word); });
}

// The sign between name and value; at is moved past it.
bool read_sign(const Reader& in, std::string_view text, bool name_quoted, std::size_t& at,
               Assignment& found) {
    const std::size_t after_name = at;
    at = in.past_blanks(at);
    if (const auto apart = past_value_word(in, text, at)) {
        at = *apart;
        found.giving = Giving::colon;
        return true;
    }
    const char sign = in.peek(at);
    const char next = in.peek(at + 1);
    if (sign == '=' || (sign == ':' && next == '=') || (sign == '!' && next == '=')) {
        found.compared = (sign == '=' || sign == '!') && next == '=';
        while (in.peek(at) == '=' || in.peek(at) == ':' || in.peek(at) == '!') ++at;
        if (in.peek(at) == '>') ++at;
        return true;
    }
    if (sign == ':') {
        found.giving = Giving::colon;
        ++at;
        // A type may stand before the value: password: string = "…".
        const std::size_t type = in.past_blanks(at);
        const bool borrowed = in.peek(type) == '&';  // &str, &'static str
        if (is_letter(in.peek(type)) || borrowed) {
            const std::size_t behind =
                in.past_blanks(borrowed ? in.past_borrowed(type) : in.past_word(type));
            if (in.peek(behind) == '=' && in.peek(behind + 1) != '=') {
                at = behind + 1;
                found.giving = Giving::equals;
            }
        }
        return true;
    }
    if (sign == ',' && name_quoted) {
        found.giving = Giving::comma;
        ++at;
        return true;
    }
    if (sign == '(') {
        found.giving = Giving::call;
        ++at;
        return true;
    }
    if (sign == '>' && at == after_name) {
        found.giving = Giving::element;
        ++at;
        return true;
    }
    if (is_option(text, found.name_begin) && after_name < text.size() &&
        is_blank(text[after_name])) {
        found.giving = Giving::option;
        return true;
    }
    // var password string = "…", password   = …, machine HOST login NAME password VALUE
    const bool quote = sign == '"' || sign == '\'';
    if (quote && at > after_name && !name_quoted) {
        found.giving = Giving::option;
        return true;
    }
    if (is_letter(sign) && at > after_name) {
        if (text.substr(at, 3) == "As ") at = in.past_blanks(at + 3);  // Dim password As String =
        const std::size_t behind = in.past_blanks(in.past_word(at));
        if (in.peek(behind) == '=' && in.peek(behind + 1) != '=') {
            at = behind + 1;
            return true;
        }
    }
    return false;
}

bool read_quoted(std::string_view text, std::size_t at, Assignment& found) {
    // Prefixes of literals: b"", r"", u"", @"", L"".
    const auto is_quote = [](char byte) { return byte == '"' || byte == '\'' || byte == '`'; };
    std::size_t open = at;
    if (open + 1 < text.size() && is_quote(text[open + 1]) &&
        std::string_view("brufLR@$").find(text[open]) != std::string_view::npos) {
        ++open;
    }
    bool escaped = false;
    if (open + 1 < text.size() && text[open] == '\\' && is_quote(text[open + 1])) {
        escaped = true;
        ++open;
    }
    if (open >= text.size() || !is_quote(text[open])) return false;
    const char quote = text[open];
    while (open + 1 < text.size() && text[open + 1] == quote && !escaped) {
        if (open + 2 >= text.size() || text[open + 2] != quote) break;
        open += 2;  // a literal of three quotes
    }
    std::size_t end = open + 1;
    const std::size_t last = std::min(text.size(), end + value_bytes_max);
    while (end < last && text[end] != quote && text[end] != '\n') {
        if (text[end] == '\\' && end + 1 < last) {
            if (escaped && text[end + 1] == quote) break;
            ++end;
        }
        ++end;
    }
    if (end >= last || text[end] == '\n') return false;
    found.begin = open + 1;
    found.end = end;
    found.quoted = true;
    return true;
}

void read_bare(std::string_view text, std::size_t at, Assignment& found) {
    std::size_t end = at;
    const std::size_t last = std::min(text.size(), at + value_bytes_max);
    while (end < last && !is_space(text[end]) && text[end] != '"' && text[end] != '\'' &&
           text[end] != ';' && text[end] != '`') {
        const char byte = text[end];
        if ((byte == '<' && found.giving == Giving::element) || byte == '>') break;
        if (byte == ',' && end + 1 < last && is_space(text[end + 1])) break;
        if (byte == '\\' && end + 1 < last && text[end + 1] == 'n') break;
        if (byte == '&' && found.giving == Giving::equals) break;
        ++end;
    }
    while (end > at && (text[end - 1] == ',' || text[end - 1] == ')')) --end;
    found.begin = at;
    found.end = end;
}

bool fills_line(std::string_view text, const Assignment& found) {
    std::size_t before = found.name_begin;
    std::size_t steps = 0;
    while (before > 0 && text[before - 1] != '\n' && steps < 24) {
        --before;
        ++steps;
    }
    if (before > 0 && text[before - 1] != '\n') return false;
    std::string_view lead = text.substr(before, found.name_begin - before);
    for (const std::string_view word : {"export ", "set ", "ENV ", "ARG ", "setx ", "- ", "env "}) {
        const std::size_t at = lead.find(word);
        if (at != std::string_view::npos) lead.remove_prefix(at + word.size());
    }
    const bool led = std::any_of(lead.begin(), lead.end(), [](char byte) {
        return !is_blank(byte) && byte != '#' && byte != '"' && byte != '\'' && byte != ';';
    });
    if (led) return false;
    std::size_t after = found.end;
    while (after < text.size() && (is_blank(text[after]) || text[after] == '\r')) ++after;
    return after >= text.size() || text[after] == '\n' || (text[after] == '#' && after > found.end);
}

}  // namespace

std::optional<Assignment> read_assignment(std::string_view text, std::size_t at, std::size_t end) {
    Assignment found;
    found.name_begin = at;
    found.name_end = end;
    while (found.name_begin > 0 && at - found.name_begin < name_bytes_max &&
           of_name(text.data()[found.name_begin - 1])) {
        --found.name_begin;
    }
    while (found.name_end < text.size() && found.name_end - end < name_bytes_max &&
           of_name(text.data()[found.name_end])) {
        ++found.name_end;
    }
    const Reader in(text);
    bool name_quoted = false;
    std::size_t next = in.past_closing(found.name_end, name_quoted);
    if (!read_sign(in, text, name_quoted, next, found)) return std::nullopt;
    next = in.past_blanks(next);
    // Rust and C++ wrap literals: String::from("…"), std::string("…"); SQL writes N'…'.
    if (found.giving == Giving::call || !read_quoted(text, next, found)) {
        if (found.giving == Giving::call && !read_quoted(text, next, found)) return std::nullopt;
        if (!found.quoted) read_bare(text, next, found);
    }
    if (found.end <= found.begin) return std::nullopt;
    const char before = found.name_begin > 0 ? text[found.name_begin - 1] : ' ';
    found.in_query = before == '?' || before == '&';
    found.whole_line = fills_line(text, found);
    return found;
}

}  // namespace hs::detect
