// Strings put together: "cu" + "rl", c''url, ${a}${b}, ["a","b"].join(""), f"{a}{b}". Only what can
// be read off the text; nothing is run.

#include <algorithm>
#include <map>

#include "skills/scan/decode.h"
#include "skills/scan/expression.h"

namespace hs::skills {

namespace {

constexpr std::size_t names_max = 500;
constexpr std::size_t value_bytes_max = 4'096;
constexpr std::size_t line_bytes_max = 16'384;

using Values = std::map<std::string, std::string, std::less<>>;

bool is_name_part(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

void replace_all(std::string& text, std::string_view what, std::string_view with) {
    for (std::size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += with.size()) {
        text.replace(at, what.size(), with);
        if (text.size() > line_bytes_max) return;
    }
}

// "a" + "b", 'a' . 'b', "a" "b": the seam goes away.
std::string without_seams(std::string_view text, Language language) {
    static const Expression plus(R"(["'`]\s*(?:\+|\.\.?)\s*[fbru]{0,2}["'`])");
    // Python joins what stands side by side.
    static const Expression beside(
        R"("\s*\+\s*[fbru]{0,2}"|'\s*\+\s*[fbru]{0,2}'|\w"\s+"\w|\w'\s+'\w|["']\s*\+\s*["'])");
    const Expression& seam = language == Language::python ? beside : plus;
    std::string out;
    std::size_t at = 0;
    while (true) {
        const auto found = seam.find(text, at);
        if (found.empty()) break;
        const auto offset = static_cast<std::size_t>(found[0].data() - text.data());
        // The letters on both sides of the seam stay.
        const bool has_sides =
            found[0].front() != '"' && found[0].front() != '\'' && found[0].front() != '`';
        out += text.substr(at, offset - at + (has_sides ? 1 : 0));
        at = offset + found[0].size() - (has_sides ? 1 : 0);
    }
    out += text.substr(at);
    return out;
}

// ["cu", "rl"].join("") and "".join(["cu", "rl"]).
std::string with_joins(std::string text) {
    static const Expression joined(
        R"re(\[((?:\s*["'][^"'\]]*["']\s*,?){2,})\]\s*\.join\(\s*["']["']\s*\))re");
    static const Expression joins(
        R"re(["']["']\s*\.join\(\s*[\[(]((?:\s*["'][^"'\])]*["']\s*,?){2,})[\])]\s*\))re");
    for (const Expression* form : {&joined, &joins}) {
        for (int turn = 0; turn < 16; ++turn) {
            const auto found = form->find(text);
            if (found.empty()) break;
            std::string inside = "\"";
            char quote = 0;
            for (const char c : found[1]) {
                if (quote == 0 && (c == '"' || c == '\'')) {
                    quote = c;
                } else if (c == quote) {
                    quote = 0;
                } else if (quote != 0) {
                    inside += c;
                }
            }
            inside += '"';
            const auto offset = static_cast<std::size_t>(found[0].data() - text.data());
            text.replace(offset, found[0].size(), inside);
        }
    }
    return text;
}

// c''url, c""url, c\url and $IFS: a shell's words as it sees them.
std::string as_shell_sees(std::string text) {
    replace_all(text, "${IFS}", " ");
    replace_all(text, "$IFS", " ");
    replace_all(text, "\\n", " ");
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        const bool is_empty_pair = (c == '\'' || c == '"') && i + 1 < text.size() &&
                                   text[i + 1] == c && i > 0 && is_name_part(text[i - 1]);
        if (is_empty_pair) {
            ++i;
            continue;
        }
        const bool is_lone_slash = c == '\\' && i > 0 && i + 1 < text.size() &&
                                   is_name_part(text[i - 1]) && text[i + 1] >= 'a' &&
                                   text[i + 1] <= 'z' && text[i + 1] != 'n' && text[i + 1] != 't' &&
                                   text[i + 1] != 'x' && text[i + 1] != 'u' && text[i + 1] != 'r';
        if (!is_lone_slash) out += c;
    }
    return out;
}

std::string with_values(std::string_view text, const Values& values, Language language) {
    std::string out;
    for (std::size_t i = 0; i < text.size() && out.size() < line_bytes_max;) {
        const bool dollar = text[i] == '$' && i + 1 < text.size();
        const bool brace = dollar && text[i + 1] == '{';
        const bool python_brace = text[i] == '{' && language == Language::python;
        const bool bare_name = language != Language::shell && is_name_part(text[i]) &&
                               (i == 0 || (!is_name_part(text[i - 1]) && text[i - 1] != '.' &&
                                           text[i - 1] != '"' && text[i - 1] != '\''));
        std::size_t begin = i + (brace ? 2U : dollar || python_brace ? 1U : 0U);
        std::size_t end = begin;
        while (end < text.size() && is_name_part(text[end])) ++end;
        const auto found = (dollar || python_brace || bare_name) && end > begin
                               ? values.find(text.substr(begin, end - begin))
                               : values.end();
        const bool is_assignment =
            bare_name && end < text.size() &&
            text.substr(end).find_first_not_of(' ') != std::string_view::npos &&
            text[end + text.substr(end).find_first_not_of(' ')] == '=';
        if (found == values.end() || is_assignment) {
            const std::size_t next = bare_name && end > i ? end : i + 1;
            out += text.substr(i, next - i);
            i = next;
            continue;
        }
        if (bare_name) {
            out += '"' + found->second + '"';
        } else {
            out += found->second;
        }
        i = end + ((brace || python_brace) && end < text.size() && text[end] == '}' ? 1 : 0);
    }
    return out;
}

// name = "value" of the line, with what is known put in.
void learn(std::string_view folded, Values& values, Language language) {
    static const Expression shell(
        R"re(^(?:export\s+|local\s+|readonly\s+)?([A-Za-z_]\w*)=(?:"([^"]*)"|'([^']*)'|([^\s;"'$()]+))\s*(?:;|$))re");
    static const Expression other(
        R"re(^(?:const\s+|let\s+|var\s+|\$)?([A-Za-z_]\w*)\s*(?::\s*\w+\s*)?=\s*[fbru]{0,2}(?:"([^"]*)"|'([^']*)'|`([^`]*)`)\s*;?\s*(?:[#/].*)?$)re");
    if (language == Language::shell) {
        // a=1; b=2: each by itself.
        const std::size_t end = folded.find(';');
        if (end != std::string_view::npos && end + 1 < folded.size()) {
            learn(folded.substr(0, end), values, language);
            std::string_view rest = folded.substr(end + 1);
            while (rest.starts_with(' ')) rest.remove_prefix(1);
            return learn(rest, values, language);
        }
    }
    const auto found = (language == Language::shell ? shell : other).find(folded);
    if (found.empty() || values.size() >= names_max) return;
    for (std::size_t i = 2; i < found.size(); ++i) {
        if (found[i].data() != nullptr && found[i].size() <= value_bytes_max) {
            if (!found[i].empty()) values[std::string(found[1])] = std::string(found[i]);
        }
    }
}

}  // namespace

std::vector<Passage> fold_strings(const std::vector<Passage>& code) {
    std::vector<Passage> out;
    Values values;
    for (const Passage& passage : code) {
        if (passage.place != Place::code || passage.text.size() > line_bytes_max) continue;
        std::string folded = with_joins(without_seams(passage.text, passage.language));
        if (passage.language == Language::shell) folded = as_shell_sees(std::move(folded));
        folded = without_seams(with_values(folded, values, passage.language), passage.language);
        learn(folded, values, passage.language);
        // Windows paths, so that one spelling of a path serves the rules.
        for (std::size_t i = 1; i + 1 < folded.size(); ++i) {
            const bool is_separator =
                folded[i] == '\\' && (folded[i + 1] == '.' || folded[i + 1] == '\\') &&
                (is_name_part(folded[i - 1]) || folded[i - 1] == '}' || folded[i - 1] == '%');
            const bool is_after_dot_folder =
                folded[i] == '\\' && passage.language == Language::powershell;
            if (is_separator || is_after_dot_folder) folded[i] = '/';
        }
        if (folded == passage.text) continue;
        Passage made = passage;
        made.text = std::move(folded);
        made.line_begins.clear();
        made.hidden_by = "string parts";
        out.push_back(std::move(made));
    }
    return out;
}

}  // namespace hs::skills
