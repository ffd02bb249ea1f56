#include "net/websocket.h"

#include <array>

#include "crypto/sha1.h"

namespace hs::net {

using base::Code;
using base::fail;
using base::Result;

namespace {

struct Answer {
    int status = 0;
    Headers headers;
    std::string rest;  // what came behind the head
};

std::string_view trimmed(std::string_view text) {
    while (text.starts_with(' ') || text.starts_with('\t')) text.remove_prefix(1);
    while (text.ends_with(' ') || text.ends_with('\t')) text.remove_suffix(1);
    return text;
}

Result<std::string> read_head(Stream& stream, std::string& rest) {
    std::string text;
    std::array<std::uint8_t, 4096> piece{};
    for (;;) {
        const std::size_t end = text.find("\r\n\r\n");
        if (end != std::string::npos) {
            rest = text.substr(end + 4);
            text.resize(end + 2);
            return text;
        }
        if (text.size() > WebSocket::head_bytes_max) {
            return fail(Code::exhausted, "the answer to the WebSocket request has too long a head");
        }
        const std::size_t count = TRY(stream.read_some(piece));
        if (count == 0) return fail(Code::io, "the server ended the WebSocket request");
        text.append(reinterpret_cast<const char*>(piece.data()), count);
    }
}

Result<Answer> read_answer(Stream& stream) {
    Answer answer;
    const std::string head = TRY(read_head(stream, answer.rest));
    std::string_view left = head;
    bool first = true;
    while (!left.empty()) {
        const std::size_t end = left.find("\r\n");
        const std::string_view line = left.substr(0, end);
        left.remove_prefix(end == std::string_view::npos ? left.size() : end + 2);
        if (std::exchange(first, false)) {
            const bool sound =
                line.size() >= 12 && line.starts_with("HTTP/1.1 ") &&
                line.substr(9, 3).find_first_not_of("0123456789") == std::string_view::npos;
            if (!sound) return fail(Code::invalid_input, "the server does not answer in HTTP/1.1");
            for (const char digit : line.substr(9, 3)) {
                answer.status = answer.status * 10 + (digit - '0');
            }
            continue;
        }
        const std::size_t colon = line.find(':');
        if (colon == std::string_view::npos || !is_token(line.substr(0, colon)) ||
            !is_field_value(line.substr(colon + 1))) {
            return fail(Code::invalid_input, "the server answers with a malformed header field");
        }
        answer.headers.add(std::string(line.substr(0, colon)),
                           std::string(trimmed(line.substr(colon + 1))));
    }
    return answer;
}

Result<> check_answer(const Answer& answer, const std::string& key) {
    if (answer.status != 101) {
        return fail(Code::denied, "the server answers the WebSocket request with status " +
                                      std::to_string(answer.status));
    }
    const auto accept = TRY(answer.headers.only("Sec-WebSocket-Accept"));
    const bool sound = accept && *accept == websocket_accept(key) &&
                       answer.headers.has_token("Upgrade", "websocket") &&
                       answer.headers.has_token("Connection", "upgrade") &&
                       answer.headers.count("Sec-WebSocket-Extensions") == 0 &&
                       answer.headers.count("Sec-WebSocket-Protocol") == 0;
    if (sound) return {};
    return fail(Code::invalid_input, "the server's WebSocket handshake does not hold");
}

}  // namespace

std::string websocket_accept(std::string_view key) {
    // RFC 6455 section 1.3.
    const std::string text = std::string(key) + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    return base::to_base64(crypto::sha1(base::bytes_of(text)));
}

Result<WebSocket> WebSocket::open(std::unique_ptr<Stream> stream, RequestHead request,
                                  base::Random& random, const Limits& limits) {
    std::array<std::uint8_t, 16> nonce{};
    random.fill(nonce);
    const std::string key = base::to_base64(nonce);
    request.method = "GET";
    request.headers.set("Upgrade", "websocket");
    request.headers.set("Connection", "Upgrade");
    request.headers.set("Sec-WebSocket-Version", "13");
    request.headers.set("Sec-WebSocket-Key", key);
    TRY(stream->write_all(base::bytes_of(format_head(request))));
    Answer answer = TRY(read_answer(*stream));
    TRY(check_answer(answer, key));
    WebSocket socket(std::move(stream), random, limits);
    socket.reader_.feed(base::bytes_of(answer.rest));
    return socket;
}

Result<std::optional<WebSocketMessage>> WebSocket::ready() {
    for (;;) {
        auto message = TRY(reader_.next());
        if (!message || message->kind != WebSocketMessage::Kind::ping) return message;
        TRY(send(WebSocketMessage::Kind::pong, message->content));
    }
}

Result<> WebSocket::read_more() {
    std::array<std::uint8_t, 16384> piece{};
    const std::size_t count = TRY(stream_->read_some(piece));
    if (count == 0) return fail(Code::io, "the WebSocket server has gone");
    reader_.feed(base::ByteView(piece).first(count));
    return {};
}

Result<> WebSocket::send(WebSocketMessage::Kind kind, std::string_view content) {
    return stream_->write_all(websocket_frame(kind, content, *random_));
}

}  // namespace hs::net
