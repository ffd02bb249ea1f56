#include "net/http_reader.h"

#include <fmt/format.h>

#include <boost/beast/http/basic_parser.hpp>

namespace hs::net {

using base::ByteView;
using base::Code;
using base::fail;
using base::Failure;
using base::Result;

namespace {

namespace http = boost::beast::http;
using boost::beast::error_code;
using boost::beast::string_view;

constexpr std::size_t buffer_bytes = std::size_t{16} << 10U;
// The shortest end of a chunked body, "0\r\n\r\n": the parser wants no less on a second try.
constexpr std::size_t last_chunk_bytes = 5;

// What the callbacks of one message leave behind. Trailer fields arrive as fields after the head
// is done; they are dropped, since nothing here may depend on them.
struct Gathered {
    std::string method;
    std::string target;
    std::string reason;
    int status = 0;
    unsigned version = 11;
    Headers headers;
    bool head_done = false;
    ByteView slice;
};

template <bool is_request>
class Message final : public http::basic_parser<is_request> {
  public:
    explicit Message(Gathered& gathered) : gathered_(gathered) {
        this->header_limit(UINT32_MAX);
        this->body_limit(boost::none);
    }

  private:
    void on_request_impl(http::verb, string_view method, string_view target, int version,
                         error_code&) override {
        gathered_.method.assign(method.data(), method.size());
        gathered_.target.assign(target.data(), target.size());
        gathered_.version = static_cast<unsigned>(version);
    }
    void on_response_impl(int status, string_view reason, int version, error_code&) override {
        gathered_.status = status;
        gathered_.reason.assign(reason.data(), reason.size());
        gathered_.version = static_cast<unsigned>(version);
    }
    void on_field_impl(http::field, string_view name, string_view value, error_code& ec) override {
        if (gathered_.head_done) return;
        const std::string_view text(value.data(), value.size());
        if (!is_field_value(text)) {
            ec = http::error::bad_value;
            return;
        }
        gathered_.headers.add(std::string(name.data(), name.size()), std::string(text));
    }
    void on_header_impl(error_code&) override { gathered_.head_done = true; }
    void on_body_init_impl(boost::optional<std::uint64_t> const&, error_code&) override {}
    std::size_t on_body_impl(string_view body, error_code&) override { return keep(body); }
    void on_chunk_header_impl(std::uint64_t, string_view, error_code&) override {}
    std::size_t on_chunk_body_impl(std::uint64_t, string_view body, error_code&) override {
        return keep(body);
    }
    void on_finish_impl(error_code&) override {}

    std::size_t keep(string_view body) {
        gathered_.slice = base::bytes_of({body.data(), body.size()});
        return body.size();
    }

    Gathered& gathered_;
};

Failure fail_parse(const error_code& problem) {
    return fail(
        Code::invalid_input,
        fmt::format("the peer sent something that is no HTTP/1.1 message ({})", problem.message()));
}

// Line ends are CR LF and nothing else is a control character; no line starts with white space
// (RFC 9112 sections 2.2 and 5.2). Two parsers can disagree about all of these.
Result<> check_lines(std::string_view head) {
    for (std::size_t i = 0; i < head.size(); ++i) {
        const auto byte = static_cast<unsigned char>(head[i]);
        if (byte >= 0x20 && byte != 0x7f) continue;
        if (byte == '\t') continue;
        const bool line_end = byte == '\r' && i + 1 < head.size() && head[i + 1] == '\n';
        if (!line_end) return fail(Code::invalid_input, "a control character stands in the head");
        ++i;
        const char next = i + 1 < head.size() ? head[i + 1] : '\0';
        if (next == ' ' || next == '\t') {
            return fail(Code::invalid_input, "a header field is folded over two lines");
        }
    }
    return {};
}

}  // namespace

struct HttpReader::Parser {
    Gathered gathered;
    std::optional<Message<true>> request;
    std::optional<Message<false>> response;

    template <class Use>
    auto with(Use&& use) {
        return request ? use(*request) : use(*response);
    }
    void start_request() {
        gathered = {};
        response.reset();
        request.emplace(gathered);
    }
    void start_response(ResponseBody body) {
        gathered = {};
        request.reset();
        response.emplace(gathered);
        response->skip(body == ResponseBody::none);
    }
    bool started() const { return (request || response) && gathered.head_done; }
};

HttpReader::HttpReader(Stream& stream, const HttpLimits& limits)
    : stream_(stream), limits_(limits), parser_(std::make_unique<Parser>()) {}

HttpReader::~HttpReader() = default;

// Reads more into the buffer; 0 at the peer's end.
Result<std::size_t> HttpReader::fill() {
    if (begin_ == end_) begin_ = end_ = 0;
    if (buffer_.empty()) buffer_.resize(buffer_bytes);
    if (end_ == buffer_.size() && begin_ > 0) {
        std::copy(buffer_.begin() + static_cast<std::ptrdiff_t>(begin_), buffer_.end(),
                  buffer_.begin());
        end_ -= begin_;
        begin_ = 0;
    }
    if (end_ == buffer_.size()) {
        const std::size_t wanted = std::min(limits_.head_bytes_max, buffer_.size() * 2);
        if (wanted <= end_) {
            return fail(Code::exhausted, fmt::format("the head of the message is over {} bytes",
                                                     limits_.head_bytes_max));
        }
        buffer_.resize(wanted);
    }
    const std::size_t count = TRY(stream_.read_some(std::span(buffer_).subspan(end_)));
    end_ += count;
    bytes_read_ += count;
    return count;
}

Result<bool> HttpReader::await_message() {
    if (begin_ < end_) return true;
    return TRY(fill()) > 0;
}

// The number of bytes up to and with the empty line.
Result<std::size_t> HttpReader::find_head_end() {
    std::size_t searched = 0;
    for (;;) {
        const std::string_view held(reinterpret_cast<const char*>(buffer_.data()) + begin_,
                                    end_ - begin_);
        const std::size_t at = held.find("\r\n\r\n", searched);
        const std::size_t head_bytes = at == std::string_view::npos ? held.size() : at + 4;
        if (head_bytes > limits_.head_bytes_max) {
            return fail(Code::exhausted, fmt::format("the head of the message is over {} bytes",
                                                     limits_.head_bytes_max));
        }
        if (at != std::string_view::npos) return head_bytes;
        searched = held.size() < 3 ? 0 : held.size() - 3;
        if (TRY(fill()) == 0) {
            return fail(Code::io, "the peer closed the connection before the head was complete");
        }
    }
}

Result<> HttpReader::parse_head() {
    const std::size_t head_bytes = TRY(find_head_end());
    const auto* start = reinterpret_cast<const char*>(buffer_.data()) + begin_;
    TRY(check_lines({start, head_bytes}));
    error_code problem;
    const std::size_t taken = parser_->with([&](auto& message) {
        return message.put(boost::asio::const_buffer(start, head_bytes), problem);
    });
    if (problem) return fail_parse(problem);
    if (taken != head_bytes || !parser_->gathered.head_done) {
        return fail(Code::invalid_input, "the peer sent something that is no HTTP/1.1 message");
    }
    begin_ += head_bytes;
    body_bytes_ = 0;
    starved_ = false;
    return check_fields(parser_->gathered.headers);
}

Result<> HttpReader::check_fields(const Headers& headers) const {
    if (headers.all().size() > limits_.fields_max) {
        return fail(Code::exhausted,
                    fmt::format("the message has more than {} header fields", limits_.fields_max));
    }
    const auto length = TRY(headers.only("Content-Length"));
    const auto coding = TRY(headers.only("Transfer-Encoding"));
    if (length && coding) {
        return fail(Code::invalid_input,
                    "the message has both Content-Length and "
                    "Transfer-Encoding; send one of them");
    }
    if (length && length->find_first_not_of("0123456789") != std::string_view::npos) {
        return fail(Code::invalid_input, "Content-Length is no decimal number");
    }
    if (coding && (!same_text(*coding, "chunked") || parser_->gathered.version < 11)) {
        return fail(Code::invalid_input, "Transfer-Encoding may only be chunked, in HTTP/1.1");
    }
    return {};
}

Result<RequestHead> HttpReader::read_request_head() {
    parser_->start_request();
    TRY(parse_head());
    Gathered& gathered = parser_->gathered;
    const auto host = TRY(gathered.headers.only("Host"));
    if (!host && gathered.version >= 11) {
        return fail(Code::invalid_input, "an HTTP/1.1 request needs a Host header field");
    }
    if (!is_target(gathered.target)) {
        return fail(Code::invalid_input,
                    "the request target holds a character beyond ASCII; "
                    "encode it with %");
    }
    return RequestHead{std::move(gathered.method), std::move(gathered.target),
                       gathered.version % 10, std::move(gathered.headers)};
}

Result<ResponseHead> HttpReader::read_response_head(ResponseBody body) {
    constexpr int interim_max = 16;
    for (int i = 0; i < interim_max; ++i) {
        parser_->start_response(body);
        TRY(parse_head());
        Gathered& gathered = parser_->gathered;
        if (gathered.status < 100) return fail(Code::invalid_input, "the status is no HTTP status");
        const bool interim = gathered.status < 200 && gathered.status != 101;
        if (interim) continue;
        return ResponseHead{gathered.status, std::move(gathered.reason), gathered.version % 10,
                            std::move(gathered.headers)};
    }
    return fail(Code::invalid_input, "the server sends interim answers without end");
}

void HttpReader::set_body_limit(std::uint64_t bytes_max) {
    limits_.body_bytes_max = bytes_max;
}

std::optional<std::uint64_t> HttpReader::content_length() const {
    if (!parser_->started()) return std::nullopt;
    return parser_->with([](auto& message) -> std::optional<std::uint64_t> {
        if (message.is_done()) return 0;
        const auto length = message.content_length();
        return length ? std::optional<std::uint64_t>(*length) : std::nullopt;
    });
}

bool HttpReader::body_complete() const {
    return parser_->started() && parser_->with([](auto& message) { return message.is_done(); });
}

bool HttpReader::keeps_alive() const {
    return parser_->started() && parser_->with([](auto& message) { return message.keep_alive(); });
}

Result<ByteView> HttpReader::next_body() {
    const auto over = [this] {
        return fail(Code::exhausted,
                    fmt::format("the body is over {} bytes", limits_.body_bytes_max));
    };
    Gathered& gathered = parser_->gathered;
    while (!body_complete()) {
        if (content_length().value_or(0) > limits_.body_bytes_max) return over();
        error_code problem = http::error::need_more;
        gathered.slice = {};
        if (begin_ < end_ && !(starved_ && end_ - begin_ < last_chunk_bytes)) {
            begin_ += parser_->with([&](auto& message) {
                return message.put(
                    boost::asio::const_buffer(buffer_.data() + begin_, end_ - begin_), problem);
            });
        }
        starved_ = begin_ < end_ && problem == http::error::need_more;
        if (!gathered.slice.empty()) {
            body_bytes_ += gathered.slice.size();
            if (body_bytes_ > limits_.body_bytes_max) return over();
            return gathered.slice;
        }
        if (problem && problem != http::error::need_more) return fail_parse(problem);
        if (!problem) continue;
        // Only a chunk's head or the trailer can be waiting with bytes held; both are bounded.
        if (end_ - begin_ >= buffer_bytes) {
            return fail(Code::invalid_input, "a chunk's header or the trailer is too long");
        }
        if (TRY(fill()) > 0) continue;
        parser_->with([&](auto& message) { message.put_eof(problem); });
        if (problem) {
            return fail(Code::io, "the peer closed the connection in the middle of the body");
        }
    }
    return ByteView{};
}

}  // namespace hs::net
