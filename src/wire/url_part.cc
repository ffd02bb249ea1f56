#include <fmt/format.h>

#include "wire/url_text.h"
#include "wire/utf8.h"

namespace hs::wire {
namespace {

using base::Code;
using base::fail;
using base::Failure;
using base::Result;

constexpr std::string_view hex_digits = "0123456789ABCDEF";
// RFC 3986 section 3.3 (pchar and '/'), and what section 3.4 adds.
constexpr std::string_view path_marks = "!$&'()*+,;=:@/";

constexpr bool is_unreserved(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == '_' || c == '~';
}

int hex_value(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    return -1;
}

void append_escape(std::string& out, unsigned char byte) {
    out += '%';
    out += hex_digits[byte >> 4U];
    out += hex_digits[byte & 15U];
}

std::string_view part_name(UrlPart part) {
    switch (part) {
        case UrlPart::path:
            return "path";
        case UrlPart::query:
            return "query";
        case UrlPart::fragment:
            break;
    }
    return "fragment";
}

bool is_allowed(char c, UrlPart part) {
    if (is_unreserved(c) || path_marks.find(c) != std::string_view::npos) return true;
    return c == '?' && part != UrlPart::path;
}

Failure refuse(UrlPart part, std::string_view why) {
    return fail(Code::invalid_input, fmt::format("the URL's {} {}", part_name(part), why));
}

// Takes %XX at position; the canonical form is the unreserved character itself, else upper case.
Result<> take_escape(std::string& out, std::string_view triplet, UrlPart part) {
    const int high = triplet.size() == 3 ? hex_value(triplet[1]) : -1;
    const int low = triplet.size() == 3 ? hex_value(triplet[2]) : -1;
    if (high < 0 || low < 0) {
        return refuse(part,
                      "has a '%' without two hexadecimal digits; write %25 for a percent sign");
    }
    const auto byte = static_cast<unsigned char>(high * 16 + low);
    if (byte == 0) return refuse(part, "contains %00, which programs read in different ways");
    if (part == UrlPart::path && (byte < 0x20 || byte == 0x7f)) {
        return refuse(part, "contains an escaped control character");
    }
    const char c = static_cast<char>(byte);
    if (is_unreserved(c)) {
        out += c;
    } else {
        append_escape(out, byte);
    }
    return {};
}

}  // namespace

Result<std::string> canonical_part(std::string_view text, UrlPart part) {
    if (!is_utf8(text)) return refuse(part, "is not valid UTF-8");
    std::string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        const auto byte = static_cast<unsigned char>(c);
        if (c == '%') {
            TRY(take_escape(out, text.substr(i, 3), part));
            i += 2;
        } else if (byte <= 0x20 || byte == 0x7f) {
            return refuse(part, "contains a space or a control character; write %20 for a space");
        } else if (c == '\\') {
            return refuse(part, "contains a backslash; write '/' or %5C");
        } else if (is_allowed(c, part)) {
            out += c;
        } else {
            append_escape(out, byte);
        }
    }
    return out;
}

std::string escape_url_component(std::string_view text) {
    std::string out;
    for (const char c : text) {
        if (is_unreserved(c)) {
            out += c;
        } else {
            append_escape(out, static_cast<unsigned char>(c));
        }
    }
    return out;
}

}  // namespace hs::wire
