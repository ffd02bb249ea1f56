// WebSocket: a client's connection (RFC 6455) over a stream it is given.
//
// What it is for: the upgrade request, then whole messages both ways; a ping is answered by itself.
// No extension and no subprotocol is offered. The stream's deadline and wake-up bound every step.
// What it does not protect from: a server that is silent; whoever reads sends pings and counts.
// Threads: one thread at a time.
#pragma once

#include <memory>

#include "net/http_message.h"
#include "net/stream.h"
#include "net/websocket_frames.h"

namespace hs::net {

class WebSocket {
  public:
    static constexpr std::size_t head_bytes_max = std::size_t{16} << 10U;

    struct Limits {
        std::size_t message_bytes_max = std::size_t{1} << 20U;
    };
    // Sends the request (with Host and what else it says; the fields of the upgrade are added) and
    // checks the answer. denied with the status where the server answers anything but 101.
    static base::Result<WebSocket> open(std::unique_ptr<Stream> stream, RequestHead request,
                                        base::Random& random, const Limits& limits);

    Stream& stream() { return *stream_; }
    // A message that is whole already, without reading.
    base::Result<std::optional<WebSocketMessage>> ready();
    // Reads once and waits for it. io when the server has gone without a close frame.
    base::Result<> read_more();
    base::Result<> send(WebSocketMessage::Kind kind, std::string_view content);
    // Whether a read would yield something although poll sees nothing.
    bool has_buffered() const { return stream_->has_buffered(); }

  private:
    WebSocket(std::unique_ptr<Stream> stream, base::Random& random, const Limits& limits)
        : stream_(std::move(stream)), random_(&random), reader_(limits.message_bytes_max) {}

    std::unique_ptr<Stream> stream_;
    base::Random* random_;  // outlives this
    WebSocketReader reader_;
};

// What Sec-WebSocket-Accept must say for a key.
std::string websocket_accept(std::string_view key);

}  // namespace hs::net
