// WebSocket frames (RFC 6455 section 5), seen from a client: what a server sends is cut into whole
// messages, what we send is masked.
//
// What it is for: pure bytes, so that everything a server may send can be tried. Refused: masked
// frames, reserved bits and opcodes, control frames that are long or cut, fragments out of order,
// text that is no UTF-8, messages beyond the limit.
// What it does not protect from: what the messages say. Threads: one thread at a time.
#pragma once

#include <optional>
#include <string>

#include "base/bytes.h"
#include "base/clock.h"

namespace hs::net {

struct WebSocketMessage {
    enum class Kind : std::uint8_t { text, binary, ping, pong, close };
    Kind kind = Kind::text;
    std::string content;           // of close: the reason
    std::uint16_t close_code = 0;  // 1005 where the server gave none
};

class WebSocketReader {
  public:
    explicit WebSocketReader(std::size_t message_bytes_max)
        : message_bytes_max_(message_bytes_max) {}

    void feed(base::ByteView bytes);
    // The next whole message, or nothing while more is needed. invalid_input or exhausted end the
    // connection: nothing comes after them.
    base::Result<std::optional<WebSocketMessage>> next();

  private:
    struct Frame {
        bool last = false;
        std::uint8_t opcode = 0;
        std::size_t head_bytes = 0;
        std::size_t bytes = 0;
    };
    base::Result<std::optional<WebSocketMessage>> next_message();
    base::Result<std::optional<Frame>> frame() const;
    base::Result<std::optional<WebSocketMessage>> control(const Frame& frame, base::ByteView body);
    base::Result<std::optional<WebSocketMessage>> data(const Frame& frame, base::ByteView body);

    const std::size_t message_bytes_max_;
    base::Bytes held_;
    std::size_t at_ = 0;
    std::optional<WebSocketMessage::Kind> open_;  // of a message that came in part
    std::string message_;
    std::optional<base::Error> failed_;
};

// One whole frame, masked with four fresh random bytes (RFC 6455 section 5.3).
base::Bytes websocket_frame(WebSocketMessage::Kind kind, std::string_view content,
                            base::Random& random);
// The payload of a close frame.
std::string websocket_close(std::uint16_t code, std::string_view reason);

}  // namespace hs::net
