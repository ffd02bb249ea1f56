#include "mail/letter.h"

#include <algorithm>

#include "mail/words.h"

namespace hs::mail {
namespace {

using base::Code;
using base::fail;

constexpr std::size_t address_bytes_max = 254;  // RFC 5321 section 4.5.3.1.3
constexpr std::string_view atom_marks = "!#$%&'*+-/=?^_`{|}~.";

bool is_letter_or_digit(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool has_sound_lines(std::string_view text) {
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '\0') return false;
        if (text[i] == '\n' && (i == 0 || text[i - 1] != '\r')) return false;
        if (text[i] == '\r' && (i + 1 == text.size() || text[i + 1] != '\n')) return false;
    }
    return true;
}

// The end of the field that begins at `from`, its folded lines with it.
std::size_t field_end(std::string_view header, std::size_t from) {
    while (true) {
        const auto end = header.find("\r\n", from);
        if (end == std::string_view::npos) return header.size();
        from = end + 2;
        if (from >= header.size() || (header[from] != ' ' && header[from] != '\t')) return from;
    }
}

base::Result<LetterField> read_field(std::string_view raw) {
    const auto colon = raw.find(':');
    if (colon == std::string_view::npos || colon == 0)
        return fail(Code::invalid_input, "a header line of the mail is no field");
    LetterField field{.name = {}, .raw = raw, .value = raw.substr(colon + 1)};
    if (field.value.ends_with("\r\n")) field.value.remove_suffix(2);
    for (const char c : raw.substr(0, colon)) {
        if (c <= ' ' || c > '~')
            return fail(Code::invalid_input, "a header field of the mail has a malformed name");
    }
    field.name = lower_ascii(raw.substr(0, colon));
    return field;
}

// A display name holds no mark by which a reader could find another address in it.
bool is_plain_name(std::string_view name) {
    if (name.size() >= 2 && name.front() == '"' && name.back() == '"')
        name = name.substr(1, name.size() - 2);
    return std::ranges::all_of(name, [](char c) {
        return (c >= ' ' && c <= '~' && !std::string_view("\"\\<>@,:;()[]").contains(c)) ||
               c == '\t' || c == '\r' || c == '\n';
    });
}

bool is_atom(std::string_view text, std::string_view marks) {
    return !text.empty() && text.front() != '.' && text.back() != '.' && !text.contains("..") &&
           std::ranges::all_of(text,
                               [&](char c) { return is_letter_or_digit(c) || marks.contains(c); });
}

}  // namespace

base::Result<Letter> read_letter(std::string_view text) {
    if (text.size() > letter_bytes_max)
        return fail(Code::exhausted, "the mail is larger than 8 MiB");
    if (!has_sound_lines(text))
        return fail(Code::invalid_input, "the mail has a NUL or a line that does not end in CRLF");
    const auto gap = text.find("\r\n\r\n");
    const auto header = gap == std::string_view::npos ? text : text.substr(0, gap + 2);
    if (header.size() > letter_header_bytes_max)
        return fail(Code::exhausted, "the header of the mail is larger than 128 KiB");
    Letter letter;
    if (gap != std::string_view::npos) letter.body = text.substr(gap + 4);
    for (std::size_t at = 0; at < header.size();) {
        if (letter.fields.size() == letter_fields_max)
            return fail(Code::exhausted, "the mail has more than 256 header fields");
        const auto end = field_end(header, at);
        letter.fields.push_back(TRY(read_field(header.substr(at, end - at))));
        at = end;
    }
    return letter;
}

base::Result<LetterField> only_field(const Letter& letter, std::string_view name) {
    const LetterField* found = nullptr;
    for (const auto& field : letter.fields) {
        if (field.name != name) continue;
        if (found != nullptr)
            return fail(Code::invalid_input, "the mail has two fields " + std::string(name));
        found = &field;
    }
    if (found == nullptr)
        return fail(Code::not_found, "the mail has no field " + std::string(name));
    return *found;
}

base::Result<std::string> only_address(std::string_view value) {
    std::string_view address = trimmed(value);
    if (address.ends_with('>')) {
        const auto open = address.find('<');
        if (open == std::string_view::npos || !is_plain_name(trimmed(address.substr(0, open))))
            return fail(Code::invalid_input, "the sender is not one plain address");
        address = address.substr(open + 1, address.size() - open - 2);
    }
    const auto at = address.find('@');
    if (address.size() > address_bytes_max || at == std::string_view::npos)
        return fail(Code::invalid_input, "the sender is not one plain address");
    const auto domain = address.substr(at + 1);
    if (!is_atom(address.substr(0, at), atom_marks) || !is_atom(domain, ".-"))
        return fail(Code::invalid_input, "the sender is not one plain address");
    return std::string(address.substr(0, at + 1)) + lower_ascii(domain);
}

}  // namespace hs::mail
