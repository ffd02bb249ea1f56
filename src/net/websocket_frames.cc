#include "net/websocket_frames.h"

#include <array>

namespace hs::net {

using base::Bytes;
using base::ByteView;
using base::Code;
using base::fail;
using base::Result;
using Kind = WebSocketMessage::Kind;

namespace {

constexpr std::size_t control_bytes_max = 125;
constexpr std::uint16_t no_code = 1005;

constexpr std::uint8_t opcode_of(Kind kind) {
    switch (kind) {
        case Kind::text:
            return 1;
        case Kind::binary:
            return 2;
        case Kind::close:
            return 8;
        case Kind::ping:
            return 9;
        case Kind::pong:
            return 10;
    }
    return 8;
}

// RFC 3629, without surrogates and overlong forms. wire/utf8.h is above this room.
bool is_text(std::string_view text) {
    for (std::size_t i = 0; i < text.size();) {
        const auto lead = static_cast<std::uint8_t>(text[i]);
        const std::size_t more = lead < 0x80 ? 0 : lead < 0xe0 ? 1 : lead < 0xf0 ? 2 : 3;
        if ((lead >= 0x80 && lead < 0xc2) || lead > 0xf4 || i + more >= text.size()) return false;
        std::uint32_t point = lead & (more == 0 ? 0x7fU : 0x3fU >> more);
        for (std::size_t k = 1; k <= more; ++k) {
            const auto next = static_cast<std::uint8_t>(text[i + k]);
            if ((next & 0xc0U) != 0x80) return false;
            point = (point << 6U) | (next & 0x3fU);
        }
        const bool overlong = (more == 2 && point < 0x800) || (more == 3 && point < 0x10000);
        const bool surrogate = point >= 0xd800 && point <= 0xdfff;
        if (overlong || surrogate || point > 0x10ffff) return false;
        i += more + 1;
    }
    return true;
}

base::Failure broken(std::string_view what) {
    return fail(Code::invalid_input, "the WebSocket server sent " + std::string(what));
}

}  // namespace

void WebSocketReader::feed(ByteView bytes) {
    if (at_ > 0) {
        held_.erase(held_.begin(), held_.begin() + static_cast<std::ptrdiff_t>(at_));
        at_ = 0;
    }
    held_.insert(held_.end(), bytes.begin(), bytes.end());
}

Result<std::optional<WebSocketReader::Frame>> WebSocketReader::frame() const {
    const ByteView bytes = ByteView(held_).subspan(at_);
    if (bytes.size() < 2) return std::optional<Frame>();
    if ((bytes[0] & 0x70U) != 0) return broken("a frame with reserved bits");
    if ((bytes[1] & 0x80U) != 0) return broken("a masked frame");
    Frame frame;
    frame.last = (bytes[0] & 0x80U) != 0;
    frame.opcode = bytes[0] & 0x0fU;
    std::uint64_t size = bytes[1] & 0x7fU;
    const std::size_t more = size == 126 ? 2 : size == 127 ? 8 : 0;
    frame.head_bytes = 2 + more;
    if (bytes.size() < frame.head_bytes) return std::optional<Frame>();
    if (more > 0) {
        size = 0;
        for (std::size_t i = 0; i < more; ++i) size = (size << 8U) | bytes[2 + i];
        if (size < (more == 2 ? 126U : 65'536U)) return broken("a length in a longer form");
    }
    const bool is_control = frame.opcode >= 8;
    if (is_control && (size > control_bytes_max || !frame.last)) {
        return broken("a control frame that is long or cut");
    }
    if (size > message_bytes_max_ || message_.size() + size > message_bytes_max_) {
        return fail(Code::exhausted, "a WebSocket message is over the limit");
    }
    frame.bytes = static_cast<std::size_t>(size);
    return std::optional<Frame>(frame);
}

Result<std::optional<WebSocketMessage>> WebSocketReader::next() {
    if (failed_) return fail(failed_->code, failed_->what);
    auto message = next_message();
    if (!message) failed_ = message.error();
    return message;
}

Result<std::optional<WebSocketMessage>> WebSocketReader::next_message() {
    for (;;) {
        const auto found = TRY(frame());
        if (!found || held_.size() - at_ < found->head_bytes + found->bytes) {
            return std::optional<WebSocketMessage>();
        }
        const ByteView body = ByteView(held_).subspan(at_ + found->head_bytes, found->bytes);
        at_ += found->head_bytes + found->bytes;
        auto message = TRY(found->opcode >= 8 ? control(*found, body) : data(*found, body));
        if (message) return message;
    }
}

Result<std::optional<WebSocketMessage>> WebSocketReader::control(const Frame& frame,
                                                                 ByteView body) {
    WebSocketMessage message;
    message.content = base::text_of(body);
    if (frame.opcode == 9 || frame.opcode == 10) {
        message.kind = frame.opcode == 9 ? Kind::ping : Kind::pong;
        return std::optional(std::move(message));
    }
    if (frame.opcode != 8 || body.size() == 1) return broken("a control frame of no known form");
    message.kind = Kind::close;
    message.close_code = no_code;
    if (body.size() >= 2) {
        message.close_code = static_cast<std::uint16_t>((body[0] << 8U) | body[1]);
        message.content.erase(0, 2);
        if (!is_text(message.content)) return broken("a reason that is no UTF-8");
    }
    return std::optional(std::move(message));
}

Result<std::optional<WebSocketMessage>> WebSocketReader::data(const Frame& frame, ByteView body) {
    if (frame.opcode > 2) return broken("an unknown kind of frame");
    if ((frame.opcode == 0) != open_.has_value()) return broken("fragments out of order");
    if (frame.opcode != 0) open_ = frame.opcode == 1 ? Kind::text : Kind::binary;
    message_ += base::text_of(body);
    if (!frame.last) return std::optional<WebSocketMessage>();
    WebSocketMessage message;
    message.kind = *open_;
    message.content = std::exchange(message_, {});
    open_.reset();
    if (message.kind == Kind::text && !is_text(message.content)) {
        return broken("text that is no UTF-8");
    }
    return std::optional(std::move(message));
}

Bytes websocket_frame(Kind kind, std::string_view content, base::Random& random) {
    Bytes frame;
    frame.reserve(content.size() + 14);
    frame.push_back(0x80U | opcode_of(kind));
    const std::uint64_t size = content.size();
    const int more = size < 126 ? 0 : size < 65'536 ? 2 : 8;
    frame.push_back(static_cast<std::uint8_t>(0x80U | (more == 0 ? size : more == 2 ? 126 : 127)));
    for (int i = more - 1; i >= 0; --i) {
        frame.push_back(static_cast<std::uint8_t>(size >> (8U * static_cast<unsigned>(i))));
    }
    std::array<std::uint8_t, 4> mask{};
    random.fill(mask);
    frame.insert(frame.end(), mask.begin(), mask.end());
    for (std::size_t i = 0; i < content.size(); ++i) {
        frame.push_back(static_cast<std::uint8_t>(content[i]) ^ mask[i % 4]);
    }
    return frame;
}

std::string websocket_close(std::uint16_t code, std::string_view reason) {
    std::string body;
    body += static_cast<char>(code >> 8U);
    body += static_cast<char>(code & 0xffU);
    body += reason.substr(0, control_bytes_max - 2);
    return body;
}

}  // namespace hs::net
