#include "net/http_client.h"

#include <poll.h>

namespace hs::net {

using base::ByteView;
using base::Code;
using base::fail;
using base::Result;

namespace {

// The head with one more line where there is one, in memory that whoever gets it wipes. It is
// ordinary memory for the length of one write: a locked page costs more than the request.
Result<std::string> head_text(const RequestHead& head, ByteView line) {
    std::string text = format_head(head);
    if (line.empty()) return text;
    const std::string_view field = base::text_of(line);
    const std::size_t colon = field.find(':');
    if (colon == std::string_view::npos || !is_token(field.substr(0, colon)) ||
        !is_field_value(field)) {
        return fail(Code::invalid_input, "the credential cannot stand in a header field");
    }
    std::string whole;
    whole.reserve(text.size() + line.size() + 2);
    whole.append(text, 0, text.size() - 2).append(field).append("\r\n\r\n");
    return whole;
}

}  // namespace

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
                           ByteView secret_field, HeadGoes goes) {
    if (turn_ == Turn::answering && !reader_.body_complete()) {
        return fail(Code::conflict, "the answer before this request was not read to its end");
    }
    const bool bodyless = length == 0U && (head.method == "GET" || head.method == "HEAD");
    BodyWriter::declare(head.headers, length);
    if (bodyless) head.headers.remove("Content-Length");
    head_request_ = head.method == "HEAD";
    close_asked_ = head.headers.has_token("Connection", "close");
    turn_ = Turn::sending;
    body_.emplace(*stream_, length, TRY(head_text(head, secret_field)));
    return goes == HeadGoes::at_once ? body_->send_head() : Result<>();
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

bool HttpClient::keeps_alive() const {
    if (turn_ == Turn::idle) return true;
    if (close_asked_ || !reader_.body_complete() || !reader_.keeps_alive()) return false;
    return !reader_.has_buffered() && !stream_->has_buffered();
}

bool HttpClient::reusable() const {
    if (turn_ == Turn::idle) return true;
    if (!keeps_alive()) return false;
    // A readable idle connection is one that the server has closed or that lies.
    pollfd item{stream_->descriptor(), POLLIN | POLLRDHUP, 0};
    return ::poll(&item, 1, 0) == 0;
}

}  // namespace hs::net
