#include "channels/imap.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "egress/placement.h"

namespace hs::channels {

using base::Code;
using base::fail;
using base::Result;

namespace {

std::string upper(std::string_view text) {
    std::string result(text);
    for (char& c : result) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    return result;
}

std::optional<std::uint64_t> number(std::string_view text) {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size() || value > UINT32_MAX) {
        return std::nullopt;
    }
    return value;
}

// The size of the literal with which a line ends (RFC 3501 section 4.3), or nothing.
std::optional<std::uint64_t> literal_bytes(std::string_view line) {
    if (!line.ends_with('}')) return std::nullopt;
    const std::size_t open = line.rfind('{');
    if (open == std::string_view::npos) return std::nullopt;
    return number(line.substr(open + 1, line.size() - open - 2));
}

// The number behind a word such as "UID", or nothing.
std::optional<std::uint64_t> number_after(std::string_view text, std::string_view word) {
    const std::string wanted = fmt::format("{} ", word);
    std::size_t at = text.find(wanted);
    while (at != std::string_view::npos && at > 0 && text[at - 1] != '(' && text[at - 1] != ' ') {
        at = text.find(wanted, at + 1);
    }
    if (at == std::string_view::npos) return std::nullopt;
    const auto rest = text.substr(at + wanted.size());
    return number(rest.substr(0, rest.find_first_not_of("0123456789")));
}

// "* 3 EXISTS" and "* 3 RECENT" tell that something has come.
bool tells_of_mail(std::string_view text) {
    const std::string words = upper(text);
    return words.starts_with("* ") && (words.ends_with(" EXISTS") || words.ends_with(" RECENT"));
}

}  // namespace

Result<> Imap::fill(std::size_t bytes, os::Deadline deadline) {
    while (buffer_.size() < bytes) buffer_ += TRY(line_->read(deadline));
    return {};
}

Result<std::string> Imap::read_line(os::Deadline deadline) {
    std::size_t searched = 0;
    for (;;) {
        const std::size_t end = buffer_.find('\n', searched);
        if (end != std::string::npos) {
            std::string line = buffer_.substr(0, end);
            buffer_.erase(0, end + 1);
            if (line.ends_with('\r')) line.pop_back();
            return line;
        }
        searched = buffer_.size();
        if (searched > line_bytes_max) {
            return fail(Code::corrupt, "the mail server's answer has a line without end");
        }
        buffer_ += TRY(line_->read(deadline));
    }
}

Result<Imap::Response> Imap::read_response(os::Deadline deadline) {
    constexpr std::size_t literals_max = 16;
    Response response;
    for (;;) {
        const std::string line = TRY(read_line(deadline));
        const auto bytes = literal_bytes(line);
        if (!bytes) {
            response.text += line;
            return response;
        }
        if (*bytes > letter_bytes_max || response.literals.size() >= literals_max ||
            response.text.size() > line_bytes_max) {
            return fail(Code::corrupt, "the mail server's answer is larger than it may be");
        }
        response.text += line.substr(0, line.rfind('{')) + "{}";
        TRY(fill(*bytes, deadline));
        response.literals.push_back(buffer_.substr(0, *bytes));
        buffer_.erase(0, *bytes);
    }
}

Result<std::vector<Imap::Response>> Imap::take_responses(const std::string& tag,
                                                         const std::string& command) {
    const os::Deadline deadline = os::Deadline::after_ms(step_ms);
    std::vector<Response> all;
    for (;;) {
        Response response = TRY(read_response(deadline));
        if (!response.text.starts_with(tag + " ")) {
            if (all.size() >= responses_max) {
                return fail(Code::corrupt, "the mail server's answer has no end");
            }
            has_news_ = has_news_ || tells_of_mail(response.text);
            all.push_back(std::move(response));
            continue;
        }
        const std::string word = upper(response.text.substr(tag.size() + 1, 3));
        if (word == "OK " || word == "OK") return all;
        return fail(Code::denied,
                    fmt::format("the mail server refuses {}: {}", command.substr(0, 12),
                                response.text.substr(tag.size() + 1, 200)));
    }
}

Result<std::vector<Imap::Response>> Imap::ask(const std::string& command) {
    const std::string tag = fmt::format("h{}", next_tag_++);
    TRY(line_->write(fmt::format("{} {}\r\n", tag, command)));
    return take_responses(tag, command);
}

Result<> Imap::begin() {
    const os::Deadline deadline = os::Deadline::after_ms(step_ms);
    const Response greeting = TRY(read_response(deadline));
    if (!upper(greeting.text).starts_with("* OK")) {
        return fail(Code::corrupt, "what answers there is no IMAP server that takes a login");
    }
    // RFC 4616 in RFC 3501's AUTHENTICATE: the answer to "+" is the password's place.
    const std::string tag = fmt::format("h{}", next_tag_++);
    TRY(line_->write(tag + " AUTHENTICATE PLAIN\r\n"));
    const Response go = TRY(read_response(deadline));
    if (!go.text.starts_with("+")) {
        return fail(Code::denied,
                    "the mail server does not take a password (AUTHENTICATE PLAIN): " +
                        go.text.substr(0, 200));
    }
    TRY(line_->write(std::string(egress::credential_place) + "\r\n"));
    const auto in = take_responses(tag, "the login");
    if (!in && in.error().code == Code::denied) {
        return fail(Code::denied, in.error().what +
                                      "; check address and password (an app password, where the "
                                      "provider has those), then: hardshell channel add mail");
    }
    TRY(in);
    for (const Response& response : TRY(ask("CAPABILITY"))) {
        can_idle_ = can_idle_ || (upper(response.text) + " ").find(" IDLE ") != std::string::npos;
    }
    TRY(ask("SELECT INBOX"));
    return {};
}

Result<std::vector<std::uint64_t>> Imap::unseen(std::size_t most) {
    std::vector<std::uint64_t> uids;
    has_news_ = false;  // what comes from here on is news again
    for (const Response& response : TRY(ask("UID SEARCH UNSEEN UNDELETED"))) {
        std::string_view words = response.text;
        if (!upper(words.substr(0, 9)).starts_with("* SEARCH")) continue;
        words.remove_prefix(8);
        while (!words.empty()) {
            const std::size_t end = std::min(words.find(' '), words.size());
            if (const auto uid = number(words.substr(0, end))) uids.push_back(*uid);
            words.remove_prefix(std::min(end + 1, words.size()));
        }
    }
    std::sort(uids.begin(), uids.end());
    if (uids.size() > most) uids.resize(most);
    return uids;
}

Result<std::string> Imap::fetch(std::uint64_t uid) {
    auto responses = TRY(ask(
        fmt::format("UID FETCH {} (UID RFC822.SIZE BODY.PEEK[]<0.{}>)", uid, letter_bytes_max)));
    for (Response& response : responses) {
        const std::string words = upper(response.text);
        const bool ours = words.find(" FETCH ") != std::string::npos &&
                          number_after(words, "UID") == uid && response.literals.size() == 1;
        if (!ours) continue;
        const auto whole = number_after(words, "RFC822.SIZE");
        if (!whole || *whole > letter_bytes_max) {
            return fail(Code::exhausted, "the mail is larger than 8 MiB");
        }
        return std::move(response.literals.front());
    }
    return fail(Code::not_found, "the mail is not there any more");
}

Result<> Imap::mark_seen(std::uint64_t uid) {
    TRY(ask(fmt::format("UID STORE {} +FLAGS.SILENT (\\Seen)", uid)));
    return {};
}

Result<> Imap::idle(os::Deadline deadline) {
    const std::string tag = fmt::format("h{}", next_tag_++);
    TRY(line_->write(tag + " IDLE\r\n"));
    for (;;) {
        const auto response = read_response(deadline);
        if (response && response->text.starts_with(tag + " ")) {
            return fail(Code::denied, "the mail server has ended the wait");
        }
        const bool over = !response && response.error().code == Code::timed_out;
        if (!response && !over) return response.failure();
        if (!over && !tells_of_mail(response->text)) continue;
        TRY(line_->write("DONE\r\n"));
        TRY(take_responses(tag, "IDLE"));
        return {};
    }
}

Result<> Imap::wait(os::Deadline deadline, std::int64_t poll_ms) {
    if (has_news_) return {};
    if (can_idle_) return idle(deadline);
    const auto quiet = line_->read(deadline.earlier(os::Deadline::after_ms(poll_ms)));
    if (quiet) buffer_ += *quiet;
    if (!quiet && quiet.error().code != Code::timed_out) return quiet.failure();
    TRY(ask("NOOP"));
    return {};
}

void Imap::end() {
    static_cast<void>(line_->write(fmt::format("h{} LOGOUT\r\n", next_tag_++)).ok());
}

}  // namespace hs::channels
