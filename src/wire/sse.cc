#include "wire/sse.h"

#include <fmt/format.h>

#include <charconv>

#include "wire/utf8.h"

namespace hs::wire {
namespace {

using base::Code;
using base::fail;
using base::Result;

constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";
constexpr std::string_view line_ends = "\r\n";

std::string mended(std::string text) {
    return is_utf8(text) ? text : mend_utf8(text);
}

// Digits only; a number beyond 64 bits is ignored like any other value that is no number.
std::optional<std::int64_t> digits(std::string_view text) {
    if (text.empty() || text.find_first_not_of("0123456789") != std::string_view::npos) return {};
    std::int64_t value = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
    if (read.ec != std::errc()) return {};
    return value;
}

}  // namespace

Result<std::optional<SseEvent>> SseParser::next(std::string_view& bytes) {
    if (!started_ && !take_byte_order_mark(bytes)) return std::optional<SseEvent>();
    while (!bytes.empty()) {
        const bool ended = take_line(bytes);
        if (line_.size() + event_.data.size() > limits_.event_bytes_max) {
            return fail(Code::exhausted, fmt::format("a server-sent event exceeds {} bytes",
                                                     limits_.event_bytes_max));
        }
        if (!ended) break;
        if (std::optional<SseEvent> event = end_line()) return event;
    }
    return std::optional<SseEvent>();
}

// False while the bytes so far could still be the beginning of a byte order mark.
bool SseParser::take_byte_order_mark(std::string_view& bytes) {
    while (!bytes.empty() && mark_bytes_ < byte_order_mark.size()) {
        if (bytes.front() != byte_order_mark[mark_bytes_]) {
            line_.assign(byte_order_mark.substr(0, mark_bytes_));
            started_ = true;
            return true;
        }
        bytes.remove_prefix(1);
        ++mark_bytes_;
    }
    started_ = mark_bytes_ == byte_order_mark.size();
    return started_;
}

// Appends to the open line; true when its end was taken too. Never copies more than the limit.
bool SseParser::take_line(std::string_view& bytes) {
    if (after_carriage_return_) {
        after_carriage_return_ = false;
        if (bytes.front() == '\n') bytes.remove_prefix(1);
    }
    const std::size_t end = bytes.find_first_of(line_ends);
    const std::string_view part = bytes.substr(0, end);
    line_.append(part.substr(0, limits_.event_bytes_max + 1));
    bytes.remove_prefix(part.size());
    if (bytes.empty()) return false;
    after_carriage_return_ = bytes.front() == '\r';
    bytes.remove_prefix(1);
    return true;
}

std::optional<SseEvent> SseParser::end_line() {
    const std::string line = std::exchange(line_, {});
    if (line.empty()) return dispatch();
    const std::size_t colon = line.find(':');
    if (colon == 0) return {};
    const std::string_view view(line);
    std::string_view value = colon == std::string::npos ? "" : view.substr(colon + 1);
    if (value.starts_with(' ')) value.remove_prefix(1);
    take_field(view.substr(0, colon), value);
    return {};
}

void SseParser::take_field(std::string_view name, std::string_view value) {
    if (name == "data") {
        event_.data.append(value);
        event_.data += '\n';
        has_data_ = true;
    } else if (name == "event") {
        event_.type = value;
    } else if (name == "id") {
        if (value.find('\0') == std::string_view::npos) event_.id = value;
    } else if (name == "retry") {
        if (const auto asked_ms = digits(value)) retry_ms_ = asked_ms;
    }
}

std::optional<SseEvent> SseParser::dispatch() {
    SseEvent event{mended(std::exchange(event_.type, {})), std::exchange(event_.data, {}),
                   mended(event_.id)};
    // Every data line added one line end, so the data that the standard calls empty is "".
    if (!std::exchange(has_data_, false)) return {};
    event.data.pop_back();
    if (event.data.empty()) return {};
    event.data = mended(std::move(event.data));
    return event;
}

std::string sse_event(const SseEvent& event) {
    CHECK(event.type.find_first_of(line_ends) == std::string::npos);
    CHECK(event.id.find_first_of(std::string_view("\r\n\0", 3)) == std::string::npos);
    std::string out;
    if (!event.type.empty()) out += "event: " + event.type + '\n';
    if (!event.id.empty()) out += "id: " + event.id + '\n';
    std::string_view rest = event.data;
    while (true) {
        const std::size_t end = rest.find_first_of(line_ends);
        out.append("data: ").append(rest.substr(0, end)).append("\n");
        if (end == std::string_view::npos) break;
        rest.remove_prefix(rest.substr(end).starts_with("\r\n") ? end + 2 : end + 1);
    }
    return out + '\n';
}

std::string sse_comment(std::string_view text) {
    std::string out = ": ";
    for (const char c : text) out += c == '\r' || c == '\n' ? ' ' : c;
    return out + "\n\n";
}

}  // namespace hs::wire
