// HttpReader: reads HTTP/1.1 messages from a Stream (RFC 9112), strictly and within limits.
//
// What it is for: both ends. It refuses every shape that two parsers could read differently:
// Content-Length with Transfer-Encoding, repeated Content-Length or Host, folded lines, bare CR or
// LF, codings other than chunked, white space before a colon, malformed chunks.
// What it does not protect from: a body that is a lie in its own format. It is only bytes here.
// Threads: one thread at a time, the stream's.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "net/http_message.h"
#include "net/stream.h"

namespace hs::net {

struct HttpLimits {
    std::size_t head_bytes_max = std::size_t{64} << 10U;
    std::size_t fields_max = 128;
    std::uint64_t body_bytes_max = std::uint64_t{16} << 20U;
};

enum class ResponseBody : std::uint8_t { as_framed, none };  // none: the answer to a HEAD

class HttpReader {
  public:
    HttpReader(Stream& stream, const HttpLimits& limits);
    ~HttpReader();
    HttpReader(const HttpReader&) = delete;
    HttpReader& operator=(const HttpReader&) = delete;

    // Waits for the first byte of the next message; false when the peer ended before it.
    base::Result<bool> await_message();
    // invalid_input for malformed heads, exhausted beyond a limit, io when the peer breaks off.
    base::Result<RequestHead> read_request_head();
    // Skips interim answers (1xx other than 101).
    base::Result<ResponseHead> read_response_head(ResponseBody body);

    // For the message whose head was read last.
    void set_body_limit(std::uint64_t bytes_max);
    // The declared length; nullopt when chunked or up to the end of the connection.
    std::optional<std::uint64_t> content_length() const;
    bool body_complete() const;
    // The next piece, valid until the next call; empty at the end of the body. exhausted beyond the
    // limit (at once where Content-Length tells), io when the peer breaks off in the middle.
    base::Result<base::ByteView> next_body();
    // Whether another message may follow on this connection after a complete body.
    bool keeps_alive() const;
    // Bytes read from the stream so far.
    std::uint64_t bytes_read() const { return bytes_read_; }
    // Bytes of the next message have arrived already.
    bool has_buffered() const { return begin_ < end_; }

  private:
    struct Parser;
    base::Result<std::size_t> fill();
    base::Result<std::size_t> find_head_end();
    base::Result<> parse_head();
    base::Result<> check_fields(const Headers& headers) const;

    Stream& stream_;
    HttpLimits limits_;
    std::unique_ptr<Parser> parser_;
    std::vector<std::uint8_t> buffer_;
    std::size_t begin_ = 0;
    std::size_t end_ = 0;
    std::uint64_t bytes_read_ = 0;
    std::uint64_t body_bytes_ = 0;
    bool starved_ = false;  // the parser waits for the rest of a chunk's header or trailer
};

}  // namespace hs::net
