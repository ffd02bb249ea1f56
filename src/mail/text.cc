#include "mail/text.h"

#include <algorithm>
#include <optional>

#include "base/bytes.h"
#include "mail/decode.h"
#include "mail/words.h"

namespace hs::mail {
namespace {

using base::Code;
using base::fail;

constexpr std::size_t boundary_bytes_max = 70;       // RFC 2046 section 5.1.1
constexpr std::size_t encoded_word_bytes_max = 200;  // RFC 2047 allows 75; some write more

// A field such as Content-Type: its value and its parameters (RFC 2045 section 5.1).
struct Parameters {
    std::string value;  // lower case
    std::string charset;
    std::string boundary;
};

// The parameter's value behind "=", quoted or not; moves `at` behind it.
std::string parameter_value(std::string_view text, std::size_t& at) {
    std::string value;
    if (at < text.size() && text[at] == '"') {
        for (++at; at < text.size() && text[at] != '"'; ++at) {
            if (text[at] == '\\' && at + 1 < text.size()) ++at;
            value += text[at];
        }
        at = std::min(text.find(';', at), text.size());
        return value;
    }
    const auto end = std::min(text.find(';', at), text.size());
    value = trimmed(text.substr(at, end - at));
    at = end;
    return value;
}

Parameters parameters_of(std::string_view text) {
    Parameters result;
    std::size_t at = std::min(text.find(';'), text.size());
    result.value = lower_ascii(trimmed(text.substr(0, at)));
    while (at < text.size()) {
        const auto equals = text.find('=', ++at);
        if (equals == std::string_view::npos) break;
        const auto name = lower_ascii(trimmed(text.substr(at, equals - at)));
        at = equals + 1;
        const auto value = parameter_value(text, at);
        if (name == "charset" && result.charset.empty()) result.charset = lower_ascii(value);
        if (name == "boundary" && result.boundary.empty()) result.boundary = value;
    }
    return result;
}

std::string value_in(const Letter& letter, std::string_view name) {
    const auto field = only_field(letter, name);
    return field ? std::string(field->value) : std::string();
}

// The parts between the lines that are the boundary; what stands before and behind is no part.
base::Result<std::vector<std::string_view>> parts_of(std::string_view body,
                                                     const std::string& boundary) {
    if (boundary.empty() || boundary.size() > boundary_bytes_max)
        return fail(Code::invalid_input, "a part of the mail names no boundary");
    const std::string mark = "--" + boundary;
    std::vector<std::string_view> parts;
    std::optional<std::size_t> begun;
    for (std::size_t at = 0; at < body.size();) {
        const auto end = std::min(body.find("\r\n", at), body.size());
        const auto line = body.substr(at, end - at);
        const auto rest = line.starts_with(mark) ? trimmed(line.substr(mark.size())) : "no mark";
        if (rest.empty() || rest == "--") {
            // The line end before the mark belongs to it.
            if (begun) parts.push_back(body.substr(*begun, std::max(at, *begun + 2) - 2 - *begun));
            begun = end + 2;
            if (rest == "--") return parts;
        }
        if (parts.size() > parts_max) return fail(Code::exhausted, "the mail has too many parts");
        at = end + 2;
    }
    if (begun && *begun < body.size()) parts.push_back(body.substr(*begun));
    return parts;
}

class Reader {
  public:
    base::Result<> read(const Letter& part, std::size_t depth) {
        if (depth > part_depth_max || ++count_ > parts_max)
            return fail(Code::invalid_input, "the mail has parts in parts without end");
        const auto type = parameters_of(value_in(part, "content-type"));
        const auto placed = parameters_of(value_in(part, "content-disposition"));
        if (placed.value == "attachment") {
            ++files;
            return {};
        }
        if (type.value.starts_with("multipart/")) return read_parts(part, type, depth);
        const bool plain = type.value.empty() || type.value == "text" || type.value == "text/plain";
        if (plain && !text) return read_text(part, type.charset);
        // The same words once more, for those who show pictures.
        if (type.value != "text/html") ++files;
        return {};
    }

    std::optional<std::string> text;
    std::size_t files = 0;

  private:
    base::Result<> read_parts(const Letter& part, const Parameters& type, std::size_t depth) {
        for (const auto inner : TRY(parts_of(part.body, type.boundary))) {
            // A part without a header begins with its empty line.
            const std::string whole =
                inner.starts_with("\r\n") ? std::string(inner) : std::string(inner) + "\r\n";
            const bool bare = inner.starts_with("\r\n");
            Letter letter;
            if (bare) {
                letter.body = inner.substr(2);
            } else {
                letter = TRY(read_letter(whole));
            }
            TRY(read(letter, depth + 1));
        }
        return {};
    }

    base::Result<> read_text(const Letter& part, const std::string& charset) {
        const auto encoding = lower_ascii(trimmed(value_in(part, "content-transfer-encoding")));
        auto words = TRY(to_utf8(TRY(decoded(part.body, encoding)), charset));
        if (words.size() > text_bytes_max)
            return fail(Code::exhausted, "the mail's text is longer than 256 KiB");
        std::erase(words, '\r');
        text = std::move(words);
        return {};
    }

    std::size_t count_ = 0;
};

bool is_passing_on(std::string_view line) {
    const auto words = lower_ascii(trimmed(line));
    return words.starts_with("begin forwarded message") ||
           (words.starts_with("---") && words.contains("forwarded message"));
}

bool is_rest_of_thread(std::string_view line) {
    const auto words = lower_ascii(trimmed(line));
    return line == "-- " || words.starts_with("-----original message") ||
           (words.size() >= 20 && words.find_first_not_of('_') == std::string::npos);
}

// One encoded word at the start of `text`, as UTF-8; how long it is.
std::optional<std::pair<std::string, std::size_t>> encoded_word(std::string_view text) {
    if (!text.starts_with("=?")) return std::nullopt;
    text = text.substr(0, encoded_word_bytes_max);
    const auto charset_end = text.find('?', 2);
    if (charset_end == std::string_view::npos || charset_end + 3 > text.size() ||
        text[charset_end + 2] != '?')
        return std::nullopt;
    const auto end = text.find("?=", charset_end + 3);
    if (end == std::string_view::npos) return std::nullopt;
    const auto charset = lower_ascii(text.substr(2, charset_end - 2));
    std::string content(text.substr(charset_end + 3, end - charset_end - 3));
    const char form = text[charset_end + 1];
    if (form == 'q' || form == 'Q') std::ranges::replace(content, '_', ' ');
    const bool is_base64 = form == 'b' || form == 'B';
    const auto bytes = decoded(content, is_base64 ? "base64" : "quoted-printable");
    if (!bytes) return std::nullopt;
    const auto words = to_utf8(*bytes, charset);
    if (!words) return std::nullopt;
    return std::pair{*words, end + 2};
}

}  // namespace

LetterText without_quotes(std::string_view text) {
    LetterText result;
    std::string before;  // a line that may introduce a quotation
    while (!text.empty() && !result.is_passed_on) {
        const auto end = std::min(text.find('\n'), text.size());
        const auto line = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        result.is_passed_on = is_passing_on(line);
        if (result.is_passed_on || is_rest_of_thread(line)) break;
        if (line.starts_with('>')) {
            before.clear();
            continue;
        }
        const bool introduces =
            trimmed(line).ends_with(':') || (trimmed(line).empty() && !before.empty());
        if (!introduces) {
            result.text += before;
            before.clear();
        }
        (introduces ? before : result.text) += std::string(line) + "\n";
    }
    result.text += before;
    result.text = trimmed(result.text);
    return result;
}

std::string words_of(std::string_view value) {
    std::string result;
    bool after_word = false;
    for (std::size_t at = 0; at < value.size();) {
        if (const auto word = encoded_word(value.substr(at))) {
            result += word->first;
            at += word->second;
            after_word = true;
            continue;
        }
        // White space between two encoded words is none (section 6.2).
        const auto next = value.find_first_not_of(" \t\r\n", at);
        if (after_word && next != at && next != std::string_view::npos &&
            encoded_word(value.substr(next))) {
            at = next;
            continue;
        }
        after_word = false;
        const char c = value[at++];
        if (c != '\r' && c != '\n') result += static_cast<unsigned char>(c) < ' ' ? ' ' : c;
    }
    for (char& c : result)
        if (static_cast<unsigned char>(c) < ' ') c = ' ';
    return std::string(trimmed(result));
}

base::Result<LetterText> text_of(const Letter& letter) {
    Reader reader;
    TRY(reader.read(letter, 0));
    if (!reader.text)
        return fail(Code::not_found, "the mail has no plain text; write it as plain text");
    LetterText result = without_quotes(*reader.text);
    result.files = reader.files;
    return result;
}

}  // namespace hs::mail
