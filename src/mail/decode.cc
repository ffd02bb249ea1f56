#include "mail/decode.h"

#include <iconv.h>

#include <algorithm>

#include "base/bytes.h"
#include "mail/words.h"
#include "wire/utf8.h"

namespace hs::mail {
namespace {

using base::Code;
using base::fail;

int hex_value(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    return -1;
}

// Each byte is one character, so that nothing has to be kept from one to the next.
bool is_single_byte(std::string_view charset) {
    for (const std::string_view family : {"iso-8859-", "windows-125", "koi8-"}) {
        const auto rest = charset.substr(std::min(family.size(), charset.size()));
        const bool plain =
            !rest.empty() && rest.size() <= 2 && std::ranges::all_of(rest, [](char c) {
                return (c >= '0' && c <= '9') || c == 'r' || c == 'u';
            });
        if (charset.starts_with(family) && plain) return true;
    }
    return false;
}

// The end of a line at `at`, or 0: what a soft line break is followed by.
std::size_t line_end_at(std::string_view text, std::size_t at) {
    if (text.substr(at).starts_with("\r\n")) return 2;
    return text.substr(at).starts_with("\n") ? 1 : 0;
}

}  // namespace

std::string from_quoted_printable(std::string_view text) {
    std::string result;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '=') {
            result += text[i];
            continue;
        }
        if (const auto end = line_end_at(text, i + 1); end != 0) {
            i += end;
            continue;
        }
        const int high = i + 2 < text.size() ? hex_value(text[i + 1]) : -1;
        const int low = i + 2 < text.size() ? hex_value(text[i + 2]) : -1;
        if (high < 0 || low < 0) {
            result += '=';
            continue;
        }
        result += static_cast<char>(high * 16 + low);
        i += 2;
    }
    return result;
}

base::Result<std::string> decoded(std::string_view text, std::string_view encoding) {
    if (encoding == "quoted-printable") return from_quoted_printable(text);
    if (encoding == "base64") {
        const auto bytes = TRY(base::from_base64(without_space(text)));
        return std::string(base::text_of(bytes));
    }
    for (const std::string_view plain : {"", "7bit", "8bit", "binary"})
        if (encoding == plain) return std::string(text);
    return fail(Code::invalid_input, "the mail's text has an unknown encoding");
}

base::Result<std::string> to_utf8(std::string_view text, std::string_view charset) {
    const auto malformed = [] {
        return fail(Code::invalid_input, "the mail's text is not in the character set it names");
    };
    if (charset.empty() || charset == "utf-8" || charset == "us-ascii") {
        if (!wire::is_utf8(text)) return malformed();
        return std::string(text);
    }
    if (!is_single_byte(charset))
        return fail(Code::invalid_input, "the mail's text is in a character set that is not read");
    const iconv_t converter = ::iconv_open("UTF-8", std::string(charset).c_str());
    // The C library tells a failure by this value.
    if (converter == reinterpret_cast<iconv_t>(-1))
        return fail(Code::invalid_input, "the mail's text is in a character set that is not read");
    std::string from(text);
    std::string result(text.size() * 4, '\0');
    char* in = from.data();
    char* out = result.data();
    std::size_t in_left = from.size();
    std::size_t out_left = result.size();
    const bool done = ::iconv(converter, &in, &in_left, &out, &out_left) == 0;
    ::iconv_close(converter);
    if (!done || in_left != 0) return malformed();
    result.resize(result.size() - out_left);
    return result;
}

}  // namespace hs::mail
