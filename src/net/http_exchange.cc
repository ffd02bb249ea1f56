#include "net/http_exchange.h"

namespace hs::net {

using base::ByteView;
using base::Code;
using base::Result;

namespace {
constexpr std::size_t piece_bytes = std::size_t{64} << 10U;
}

int status_of(Code code) {
    switch (code) {
        case Code::invalid_input:
            return 400;
        case Code::not_found:
            return 404;
        case Code::denied:
            return 403;
        case Code::conflict:
            return 409;
        case Code::exhausted:
            return 429;
        case Code::timed_out:
            return 504;
        case Code::cancelled:
            return 503;
        case Code::io:
            return 502;
        case Code::corrupt:
            return 500;
    }
    return 500;
}

HttpExchange::HttpExchange(Stream& stream, HttpReader& reader, const HttpTimes& times,
                           RequestHead request, const Peer& peer)
    : stream_(stream), reader_(reader), times_(times), request_(std::move(request)), peer_(peer) {
    close_ = !reader_.keeps_alive();
}

Result<> HttpExchange::send_continue() {
    if (begun_ || request_.version_minor == 0) return {};
    if (!request_.headers.has_token("Expect", "100-continue")) return {};
    stream_.set_deadline(os::Deadline::after_ms(times_.write_ms));
    return stream_.write_all(base::bytes_of("HTTP/1.1 100 Continue\r\n\r\n"));
}

Result<ByteView> HttpExchange::next_body() {
    if (reader_.body_complete()) return ByteView{};
    if (!body_deadline_) {
        body_deadline_ = os::Deadline::after_ms(times_.body_ms);
        TRY(send_continue());
    }
    stream_.set_deadline(*body_deadline_);
    return reader_.next_body();
}

Result<std::string> HttpExchange::whole_body(std::uint64_t bytes_max) {
    reader_.set_body_limit(bytes_max);
    std::string out;
    for (;;) {
        const ByteView piece = TRY(next_body());
        if (piece.empty()) return out;
        if (out.empty()) {
            const std::uint64_t declared = content_length().value_or(0);
            out.reserve(static_cast<std::size_t>(std::min(declared, bytes_max)));
        }
        out += base::text_of(piece);
    }
}

std::string HttpExchange::prepare_head(ResponseHead head, std::optional<std::uint64_t> length) {
    CHECK(!begun_);
    begun_ = true;
    bodyless_ = request_.method == "HEAD" || head.status == 204 || head.status == 304;
    unframed_ = !length && request_.version_minor == 0;
    // What is left of the request's body would be read as the next request.
    if (!reader_.body_complete() || unframed_) close_ = true;
    if (bodyless_ && head.status != 200) length = 0;
    BodyWriter::declare(head.headers, length);
    if (unframed_ || head.status == 204) {
        head.headers.remove("Transfer-Encoding");
        head.headers.remove("Content-Length");
    }
    if (close_) {
        head.headers.set("Connection", "close");
    } else if (request_.version_minor == 0) {
        head.headers.set("Connection", "keep-alive");
    }
    return format_head(head);
}

Result<> HttpExchange::write_head(ResponseHead head, std::optional<std::uint64_t> length,
                                  std::string_view body) {
    std::string text = prepare_head(std::move(head), length);
    stream_.set_deadline(os::Deadline::after_ms(times_.write_ms));
    return write_message(stream_, std::move(text),
                         base::bytes_of(bodyless_ ? std::string_view{} : body));
}

Result<> HttpExchange::write_pieces(std::string_view bytes) {
    while (!bytes.empty()) {
        const std::string_view piece = bytes.substr(0, piece_bytes);
        bytes.remove_prefix(piece.size());
        stream_.set_deadline(os::Deadline::after_ms(times_.write_ms));
        TRY(unframed_ ? stream_.write_all(base::bytes_of(piece))
                      : body_->write(base::bytes_of(piece)));
    }
    return {};
}

Result<> HttpExchange::answer(ResponseHead head, std::string_view body) {
    if (body.size() > piece_bytes) {
        TRY(begin(std::move(head), body.size()));
        TRY(write(body));
        return finish();
    }
    TRY(write_head(std::move(head), body.size(), body));
    finished_ = true;
    return {};
}

Result<> HttpExchange::answer(int status, std::string content_type, std::string_view body) {
    ResponseHead head;
    head.status = status;
    head.headers.add("Content-Type", std::move(content_type));
    return answer(std::move(head), body);
}

Result<> HttpExchange::begin(ResponseHead head, std::optional<std::uint64_t> length) {
    TRY(write_head(std::move(head), length, {}));
    body_.emplace(stream_, length);
    return {};
}

Result<> HttpExchange::begin_with_body(ResponseHead head, std::optional<std::uint64_t> length) {
    std::string text = prepare_head(std::move(head), length);
    stream_.set_deadline(os::Deadline::after_ms(times_.write_ms));
    if (bodyless_ || unframed_) {
        TRY(stream_.write_all(base::bytes_of(text)));
        text.clear();
    }
    body_.emplace(stream_, length, std::move(text));
    return {};
}

Result<> HttpExchange::write(std::string_view bytes) {
    CHECK(body_ && !finished_);
    return bodyless_ ? Result<>() : write_pieces(bytes);
}

Result<> HttpExchange::finish() {
    CHECK(body_ && !finished_);
    if (!bodyless_ && !unframed_) {
        stream_.set_deadline(os::Deadline::after_ms(times_.write_ms));
        TRY(body_->finish());
    }
    finished_ = true;
    return {};
}

bool HttpExchange::reusable() const {
    return finished_ && !close_ && reader_.body_complete();
}

}  // namespace hs::net
