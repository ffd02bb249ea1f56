#include "mail/words.h"

namespace hs::mail {

std::string_view trimmed(std::string_view text) {
    const auto first = text.find_first_not_of(white_space);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(white_space) - first + 1);
}

std::string lower_ascii(std::string_view text) {
    std::string result(text);
    for (char& c : result)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return result;
}

std::string without_space(std::string_view text) {
    std::string result;
    for (const char c : text)
        if (!white_space.contains(c)) result += c;
    return result;
}

}  // namespace hs::mail
