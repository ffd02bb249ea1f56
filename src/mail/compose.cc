#include "mail/compose.h"

#include <fmt/format.h>

#include <algorithm>
#include <ctime>

#include "base/bytes.h"
#include "wire/utf8.h"

namespace hs::mail {
namespace {

constexpr std::size_t line_bytes_max = 900;
constexpr std::size_t word_bytes_max = 42;  // an encoded word has at most 75 characters (RFC 2047)
constexpr std::size_t subject_bytes_max = 200;

std::string one_line(std::string_view text) {
    std::string result(text);
    for (char& c : result)
        if (static_cast<unsigned char>(c) < ' ' || c == 0x7f) c = ' ';
    return result;
}

std::string encoded_words(std::string_view text) {
    std::string result;
    while (!text.empty()) {
        const auto piece = wire::cut_utf8(text, word_bytes_max);
        if (piece.empty()) break;
        if (!result.empty()) result += "\r\n ";
        result += "=?utf-8?B?" + base::to_base64(base::bytes_of(piece)) + "?=";
        text.remove_prefix(piece.size());
    }
    return result;
}

std::string subject_field(std::string_view subject) {
    const auto line = one_line(wire::cut_utf8(subject, subject_bytes_max));
    // What looks encoded is encoded, so that it reads as it is.
    return is_ascii(line) && !line.contains("=?") ? line : encoded_words(line);
}

// English names whatever the locale is (section 3.3).
std::string date_field(std::int64_t date_s) {
    constexpr const char* days[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    constexpr const char* months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    const std::time_t time = date_s;
    std::tm parts{};
    ::gmtime_r(&time, &parts);
    return fmt::format("{}, {:02} {} {} {:02}:{:02}:{:02} +0000", days[parts.tm_wday],
                       parts.tm_mday, months[parts.tm_mon], parts.tm_year + 1900, parts.tm_hour,
                       parts.tm_min, parts.tm_sec);
}

std::string body_of(std::string_view text) {
    std::string result;
    while (!text.empty()) {
        const auto end = std::min(text.find('\n'), text.size());
        auto line = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        do {
            auto piece = wire::cut_utf8(line, line_bytes_max);
            const auto gap = piece.rfind(' ');
            if (piece.size() < line.size() && gap != std::string_view::npos && gap > 0)
                piece = piece.substr(0, gap + 1);
            if (piece.empty()) piece = line.substr(0, line_bytes_max);
            result += std::string(piece) + "\r\n";
            line.remove_prefix(piece.size());
        } while (!line.empty());
    }
    return result;
}

}  // namespace

bool is_ascii(std::string_view text) {
    return std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

std::string composed(const Outbound& mail) {
    std::string text = mail.text;
    std::erase(text, '\r');
    std::erase(text, '\0');
    std::string result =
        fmt::format("From: {}\r\nTo: {}\r\nSubject: {}\r\nDate: {}\r\nMessage-ID: {}\r\n",
                    one_line(mail.from), one_line(mail.to), subject_field(mail.subject),
                    date_field(mail.date_s), one_line(mail.message_id));
    if (!mail.in_reply_to.empty())
        result += fmt::format("In-Reply-To: {}\r\n", one_line(mail.in_reply_to));
    if (!mail.references.empty())
        result += fmt::format("References: {}\r\n", one_line(mail.references));
    // RFC 3834: no machine is to answer it.
    result += fmt::format(
        "Auto-Submitted: auto-replied\r\nMIME-Version: 1.0\r\n"
        "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: {}\r\n\r\n",
        is_ascii(text) ? "7bit" : "8bit");
    return result + body_of(wire::mend_utf8(text));
}

}  // namespace hs::mail
