// Server-sent events: bytes of a text/event-stream to events, and back.
//
// What it is for: the streams of model providers and of our own HTTP API. Follows the WHATWG HTML
// standard, section 9.2 (parsing and interpreting an event stream), with one addition: an event
// has a maximum size. Invalid UTF-8 becomes U+FFFD, as that section asks.
// What it does not protect from: a stream that never ends or sends only comments. Whoever reads
// keeps the deadlines and counts the bytes.
// Threads: values; one owner.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace hs::wire {

struct SseEvent {
    std::string type;  // empty means "message"
    std::string data;  // the lines joined by \n
    std::string id;    // the last event id that the stream has named

    bool operator==(const SseEvent&) const = default;
};

struct SseLimits {
    std::size_t event_bytes_max = std::size_t{4} << 20U;  // one event: its data and the open line
};

class SseParser {
  public:
    explicit SseParser(SseLimits limits = {}) : limits_(limits) {}

    // Takes bytes from the front of `bytes` up to the end of the first complete event and returns
    // it. nullopt means that all bytes were taken and no event is complete yet. An event that the
    // stream's end leaves incomplete is dropped, as the standard asks. exhausted when an event
    // exceeds its maximum; the parser is of no further use then.
    base::Result<std::optional<SseEvent>> next(std::string_view& bytes);

    // The reconnection time that the stream has asked for, if any.
    std::optional<std::int64_t> retry_ms() const { return retry_ms_; }
    // Whether anything is held that no blank line has ended yet: a stream that stops here was cut.
    bool inside_event() const { return !line_.empty() || has_data_ || !event_.type.empty(); }

  private:
    bool take_byte_order_mark(std::string_view& bytes);
    bool take_line(std::string_view& bytes);
    std::optional<SseEvent> end_line();
    void take_field(std::string_view name, std::string_view value);
    std::optional<SseEvent> dispatch();

    SseLimits limits_;
    SseEvent event_;
    std::string line_;
    std::optional<std::int64_t> retry_ms_;
    std::size_t mark_bytes_ = 0;  // of the byte order mark seen so far
    bool started_ = false;
    bool after_carriage_return_ = false;
    bool has_data_ = false;
};

// The event as bytes for a stream, with its blank line. CHECKs that type and id hold no line end
// and the id no NUL; line ends of any kind in data become several data lines.
std::string sse_event(const SseEvent& event);
// A comment line, which receivers ignore: keeps connections and proxies awake.
std::string sse_comment(std::string_view text);

}  // namespace hs::wire
