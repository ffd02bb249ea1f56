// BodyWriter: puts the body of one HTTP/1.1 message on a stream, framed by Content-Length or by
// chunks (RFC 9112 sections 6 and 7), and holds the sender to what it declared.
// Threads: one thread at a time, the stream's.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "net/http_message.h"
#include "net/stream.h"

namespace hs::net {

class BodyWriter {
  public:
    // Adds the framing fields to headers, in place of any that were there. Without a length the
    // body is chunked.
    static void declare(Headers& headers, std::optional<std::uint64_t> length);

    // `head`: goes out in front of the first piece, in one write with it where that is small, and
    // is then wiped with every copy of it; it may hold a credential.
    BodyWriter(Stream& stream, std::optional<std::uint64_t> length, std::string head = {})
        : stream_(stream), left_(length), head_(std::move(head)) {}
    ~BodyWriter();
    BodyWriter(const BodyWriter&) = delete;
    BodyWriter& operator=(const BodyWriter&) = delete;

    // Sends a head that still waits.
    base::Result<> send_head() { return head_.empty() ? base::Result<>() : write_head_with({}); }
    // invalid_input when it would go beyond the declared length. An empty piece writes nothing.
    base::Result<> write(base::ByteView bytes);
    // Ends the body; invalid_input when fewer bytes were written than declared.
    base::Result<> finish();
    bool finished() const { return finished_; }

  private:
    base::Result<> write_framed(base::ByteView bytes);
    base::Result<> write_head_with(base::ByteView bytes);

    Stream& stream_;
    std::optional<std::uint64_t> left_;
    std::string head_;   // not sent yet
    std::string frame_;  // reused, so that a small chunk is one write
    bool finished_ = false;
};

// Writes head and body; a small body goes out in the same write as the head.
base::Result<> write_message(Stream& stream, std::string head, base::ByteView body);

}  // namespace hs::net
