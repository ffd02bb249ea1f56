#include "egress/submission.h"

#include <fmt/format.h>

#include <algorithm>

#include "egress/placement.h"
#include "net/http_message.h"

namespace hs::egress {

using base::Code;
using base::fail;
using base::Result;

namespace {

// An address between angle brackets: nothing in it ends the command.
Result<> check_address(std::string_view address) {
    const bool plain =
        !address.empty() && address.size() <= 254 && address.find('@') != std::string_view::npos &&
        std::all_of(address.begin(), address.end(), [](char c) {
            return c > ' ' && c <= '~' && c != '<' && c != '>' && c != '"' && c != '\\';
        });
    if (plain) return {};
    return fail(Code::invalid_input, "one plain mail address was expected");
}

bool offers(const std::vector<std::string>& lines, std::string_view keyword,
            std::string_view parameter = "") {
    return std::any_of(lines.begin(), lines.end(), [&](const std::string& line) {
        std::string words = " " + line + " ";
        std::transform(words.begin(), words.end(), words.begin(),
                       [](unsigned char c) { return std::toupper(c); });
        const bool begins = words.starts_with(fmt::format(" {} ", keyword));
        return begins && (parameter.empty() ||
                          words.find(fmt::format(" {} ", parameter)) != std::string::npos);
    });
}

}  // namespace

std::string dot_stuffed(std::string_view letter) {
    std::string result;
    bool at_start = true;
    for (const char c : letter) {
        if (at_start && c == '.') result += '.';
        result += c;
        at_start = c == '\n';
    }
    if (!at_start) result += "\r\n";
    return result + ".\r\n";
}

Result<std::string> Submission::read_line() {
    for (;;) {
        const std::size_t end = buffer_.find('\n');
        if (end != std::string::npos) {
            std::string line = buffer_.substr(0, end);
            buffer_.erase(0, end + 1);
            if (line.ends_with('\r')) line.pop_back();
            return line;
        }
        if (buffer_.size() > line_bytes_max) {
            return fail(Code::corrupt, "the mail server's answer has a line without end");
        }
        std::array<std::uint8_t, 1'024> piece{};
        const std::size_t count = TRY(server_.read_some(piece));
        if (count == 0) return fail(Code::cancelled, "the mail server has ended the connection");
        buffer_ += base::text_of(base::ByteView(piece).first(count));
    }
}

// RFC 5321 section 4.2.1: every line but the last has a hyphen behind its code.
Result<Submission::Reply> Submission::read_reply() {
    server_.set_deadline(os::Deadline::after_ms(step_ms));
    Reply reply;
    for (;;) {
        const std::string line = TRY(read_line());
        const bool sound = line.size() >= 3 && line[0] >= '2' && line[0] <= '5' &&
                           std::isdigit(static_cast<unsigned char>(line[1])) != 0 &&
                           std::isdigit(static_cast<unsigned char>(line[2])) != 0 &&
                           (line.size() == 3 || line[3] == ' ' || line[3] == '-');
        if (!sound || reply.lines.size() >= lines_max) {
            return fail(Code::corrupt, "the mail server's answer is no SMTP");
        }
        reply.code = (line[0] - '0') * 100 + (line[1] - '0') * 10 + (line[2] - '0');
        reply.lines.push_back(line.substr(std::min<std::size_t>(4, line.size())));
        if (line.size() == 3 || line[3] == ' ') return reply;
    }
}

Result<Submission::Reply> Submission::ask(std::string_view line) {
    server_.set_deadline(os::Deadline::after_ms(step_ms));
    TRY(server_.write_all(base::bytes_of(std::string(line) + "\r\n")));
    return read_reply();
}

// AUTH PLAIN with its initial response (RFC 4954 section 4).
Result<Submission::Reply> Submission::log_in() {
    std::string line =
        TRY(in_message(fmt::format("AUTH PLAIN {}\r\n", credential_place), PlaceForm::sasl_plain,
                       envelope_.credential.prefix, password_.view()));
    server_.set_deadline(os::Deadline::after_ms(step_ms));
    const auto sent = server_.write_all(base::bytes_of(line));
    crypto::wipe({reinterpret_cast<std::uint8_t*>(line.data()), line.size()});
    TRY(sent);
    return read_reply();
}

Result<Submission::Reply> Submission::hand_in(std::string_view letter, bool takes_8bit) {
    const bool is_ascii = std::all_of(letter.begin(), letter.end(),
                                      [](char c) { return static_cast<unsigned char>(c) < 0x80; });
    Reply reply = TRY(ask(fmt::format("MAIL FROM:<{}>{}", envelope_.credential.prefix,
                                      takes_8bit && !is_ascii ? " BODY=8BITMIME" : "")));
    if (reply.code / 100 != 2) return refusal(std::move(reply));
    reply = TRY(ask(fmt::format("RCPT TO:<{}>", envelope_.target.substr(1))));
    if (reply.code / 100 != 2) return refusal(std::move(reply));
    reply = TRY(ask("DATA"));
    if (reply.code != 354) return refusal(std::move(reply));
    server_.set_deadline(os::Deadline::after_ms(step_ms));
    TRY(server_.write_all(base::bytes_of(dot_stuffed(letter))));
    is_whole_ = true;
    return read_reply();
}

// What is neither what was asked for nor a refusal must not be read as the mail's own answer.
Result<Submission::Reply> Submission::refusal(Reply reply) {
    if (reply.code / 100 >= 4) return reply;
    return fail(Code::corrupt, "the mail server answers out of turn");
}

Result<SubmissionAnswer> Submission::run(std::string_view letter) {
    TRY(check_address(envelope_.credential.prefix));
    TRY(check_address(envelope_.target.substr(1)));
    const auto answer_of = [](const Reply& reply) {
        return SubmissionAnswer{reply.code, reply.lines.back().substr(0, 300)};
    };
    Reply reply = TRY(read_reply());
    if (reply.code != 220) return answer_of(TRY(refusal(std::move(reply))));
    reply = TRY(ask("EHLO [127.0.0.1]"));
    if (reply.code != 250) return answer_of(TRY(refusal(std::move(reply))));
    const bool takes_8bit = offers(reply.lines, "8BITMIME");
    if (!offers(reply.lines, "AUTH", "PLAIN")) {
        return fail(Code::denied, "the mail server does not take a password (AUTH PLAIN)");
    }
    reply = TRY(log_in());
    if (reply.code != 235) return answer_of(TRY(refusal(std::move(reply))));
    const auto handed = hand_in(letter, takes_8bit);
    if (!handed && is_whole_) return SubmissionAnswer{0, handed.error().what};
    if (!handed) return handed.failure();
    static_cast<void>(server_.write_all(base::bytes_of("QUIT\r\n")).ok());
    return answer_of(*handed);
}

}  // namespace hs::egress
