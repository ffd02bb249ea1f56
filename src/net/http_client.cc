#include "net/http_client.h"

#include <poll.h>

#include "crypto/secret.h"

namespace hs::net {

using base::ByteView;
using base::Code;
using base::fail;
using base::Result;

HttpClient::HttpClient(std::unique_ptr<Stream> stream, const HttpLimits& limits)
    : stream_(std::move(stream)), reader_(*stream_, limits) {}

Result<> HttpClient::send(RequestHead head, ByteView body) {
    if (turn_ == Turn::answering && !reader_.body_complete()) {
        return fail(Code::conflict, "the answer before this request was not read to its end");
    }
    const bool body_usual = head.method != "GET" && head.method != "HEAD";
    head.headers.remove("Content-Length");
    head.headers.remove("Transfer-Encoding");
    if (body_usual || !body.empty()) BodyWriter::declare(head.headers, body.size());
    head_request_ = head.method == "HEAD";
    close_asked_ = head.headers.has_token("Connection", "close");
    turn_ = Turn::answering;
    return write_message(*stream_, format_head(head), body);
}

Result<> HttpClient::begin(RequestHead head, std::optional<std::uint64_t> length,
                           ByteView secret_field) {
    if (turn_ == Turn::answering && !reader_.body_complete()) {
        return fail(Code::conflict, "the answer before this request was not read to its end");
    }
    const bool bodyless = length == 0U && (head.method == "GET" || head.method == "HEAD");
    BodyWriter::declare(head.headers, length);
    if (bodyless) head.headers.remove("Content-Length");
    head_request_ = head.method == "HEAD";
    close_asked_ = head.headers.has_token("Connection", "close");
    turn_ = Turn::sending;
    body_.emplace(*stream_, length);
    const std::string text = format_head(head);
    if (secret_field.empty()) return stream_->write_all(base::bytes_of(text));
    return write_with_secret(text, secret_field);
}

// The head with one more line, in memory that is wiped.
Result<> HttpClient::write_with_secret(std::string_view head, ByteView line) {
    const std::string_view text = base::text_of(line);
    const std::size_t colon = text.find(':');
    if (colon == std::string_view::npos || !is_token(text.substr(0, colon)) ||
        !is_field_value(text)) {
        return fail(Code::invalid_input, "the credential cannot stand in a header field");
    }
    // Ordinary memory for the length of one write: a locked page costs more than the request.
    std::string whole;
    whole.reserve(head.size() + line.size() + 2);
    whole.append(head.substr(0, head.size() - 2)).append(text).append("\r\n\r\n");
    const auto written = stream_->write_all(base::bytes_of(whole));
    crypto::wipe({reinterpret_cast<std::uint8_t*>(whole.data()), whole.size()});
    return written;
}

Result<> HttpClient::send_body(ByteView bytes) {
    CHECK(body_);
    return body_->write(bytes);
}

Result<> HttpClient::end_body() {
    CHECK(body_);
    TRY(body_->finish());
    turn_ = Turn::answering;
    return {};
}

Result<ResponseHead> HttpClient::receive(std::uint64_t body_bytes_max) {
    reader_.set_body_limit(body_bytes_max);
    // An answer that comes while the body is still being sent ends the connection's use.
    if (turn_ == Turn::sending) close_asked_ = true;
    turn_ = Turn::answering;
    return reader_.read_response_head(head_request_ ? ResponseBody::none : ResponseBody::as_framed);
}

Result<std::string> HttpClient::whole_body() {
    std::string out;
    for (;;) {
        const ByteView piece = TRY(reader_.next_body());
        if (piece.empty()) return out;
        out += base::text_of(piece);
    }
}

bool HttpClient::reusable() const {
    if (turn_ == Turn::idle) return true;
    if (close_asked_ || !reader_.body_complete() || !reader_.keeps_alive()) return false;
    if (reader_.has_buffered() || stream_->has_buffered()) return false;
    // A readable idle connection is one that the server has closed or that lies.
    pollfd item{stream_->descriptor(), POLLIN | POLLRDHUP, 0};
    return ::poll(&item, 1, 0) == 0;
}

}  // namespace hs::net
