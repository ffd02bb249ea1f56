// HttpClient: the client's side of one HTTP/1.1 connection (RFC 9112) over a stream it is given.
//
// What it is for: one exchange after another: send a request, then receive the answer and pull its
// body. The stream's deadline and wake-up bound every step.
// What it does not protect from: following a redirect. It never does; the caller decides anew.
// Threads: one thread at a time.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "net/body_writer.h"
#include "net/http_reader.h"

namespace hs::net {

class HttpClient {
  public:
    explicit HttpClient(std::unique_ptr<Stream> stream, const HttpLimits& limits = {});

    Stream& stream() { return *stream_; }

    // Sends the whole request. Content-Length is set here. conflict when the answer before was not
    // read to its end.
    base::Result<> send(RequestHead head, base::ByteView body = {});
    // The same in steps: begin, any number of send_body, end_body. Without a length the body is
    // chunked.
    // secret_field is a whole header line without its line end ("Authorization: Bearer …") that is
    // put on the wire and kept nowhere; invalid_input when it is no header line.
    // with_body: the head goes out with the first piece of the body, or at its end, so that the
    // server wakes once.
    enum class HeadGoes : std::uint8_t { at_once, with_body };
    base::Result<> begin(RequestHead head, std::optional<std::uint64_t> length,
                         base::ByteView secret_field = {}, HeadGoes goes = HeadGoes::at_once);
    base::Result<> send_body(base::ByteView bytes);
    base::Result<> end_body();

    // The final answer's head. The body's pieces then come from next_body until one is empty;
    // exhausted beyond body_bytes_max.
    base::Result<ResponseHead> receive(std::uint64_t body_bytes_max);
    base::Result<base::ByteView> next_body() { return reader_.next_body(); }
    // What is left of the body as text.
    base::Result<std::string> whole_body();
    std::optional<std::uint64_t> content_length() const { return reader_.content_length(); }
    // Bytes have arrived that were not given out yet; poll would not tell.
    bool has_buffered() const { return reader_.has_buffered() || stream_->has_buffered(); }
    bool body_complete() const { return reader_.body_complete(); }

    // Whether another request may be sent: answer read to its end, nothing unasked arrived, and
    // neither side wants to close.
    bool reusable() const;
    // The same without a look at the socket: for one that is kept and asked again before its use.
    bool keeps_alive() const;
    std::uint64_t bytes_read() const { return reader_.bytes_read(); }

  private:
    std::unique_ptr<Stream> stream_;
    HttpReader reader_;
    std::optional<BodyWriter> body_;
    enum class Turn : std::uint8_t { idle, sending, answering } turn_ = Turn::idle;
    bool head_request_ = false;
    bool close_asked_ = false;
};

}  // namespace hs::net
