#include "memory/own_words.h"

#include <string>

namespace hs::memory {
namespace {

constexpr std::size_t message_bytes_max = std::size_t{64} << 10U;
constexpr std::string_view clause_marks = ".!?;:\n";
constexpr std::string_view introductions[] = {
    "remember",        "remember that",   "note",
    "note that",       "please remember", "please remember that",
    "please note that"};

// Lower case ASCII; runs of white space as one blank, a line's end as such.
std::string plain(std::string_view text) {
    std::string out;
    for (const char c : text) {
        if (c == '\n') {
            while (out.ends_with(' ')) out.pop_back();
            out += '\n';
        } else if (c == ' ' || c == '\t' || c == '\r') {
            if (!out.empty() && out.back() != ' ' && out.back() != '\n') out += ' ';
        } else {
            out += c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
        }
    }
    while (out.ends_with(' ') || out.ends_with('\n')) out.pop_back();
    return out;
}

std::string_view without_marks(std::string_view text) {
    constexpr std::string_view around = " .!?;:\n\"'";
    const std::size_t begin = text.find_first_not_of(around);
    if (begin == std::string_view::npos) return {};
    return text.substr(begin, text.find_last_not_of(around) - begin + 1);
}

bool is_mark(char c) {
    return clause_marks.find(c) != std::string_view::npos || c == '"' || c == '\'';
}

// Behind a clause's mark, at the very beginning, or behind an introduction that stands there.
bool begins_clause(std::string_view before) {
    while (before.ends_with(' ')) before.remove_suffix(1);
    if (before.empty() || is_mark(before.back())) return true;
    for (const std::string_view words : introductions) {
        if (!before.ends_with(words)) continue;
        std::string_view rest = before.substr(0, before.size() - words.size());
        while (rest.ends_with(' ')) rest.remove_suffix(1);
        if (rest.empty() || is_mark(rest.back())) return true;
    }
    return false;
}

bool ends_clause(std::string_view after) {
    while (after.starts_with(' ')) after.remove_prefix(1);
    return after.empty() || is_mark(after.front());
}

}  // namespace

bool is_own_words(std::string_view text, std::string_view message) {
    if (message.size() > message_bytes_max) return false;
    const std::string said = plain(message);
    const std::string whole = plain(text);
    const std::string_view wanted = without_marks(whole);
    if (wanted.empty()) return false;
    for (std::size_t at = said.find(wanted); at != std::string::npos;
         at = said.find(wanted, at + 1)) {
        const std::string_view view = said;
        if (begins_clause(view.substr(0, at)) && ends_clause(view.substr(at + wanted.size()))) {
            return true;
        }
    }
    return false;
}

}  // namespace hs::memory
