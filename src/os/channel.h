// Channel: frames with descriptors over a unix stream socket, between our own processes.
// docs/formats/frame.md has the bytes.
//
// What it does not protect from: a peer that lies inside a well-formed frame. Whoever receives
// checks what the payload says, above all its Ticket.
// Threads: send() from any thread; receive() from one thread at a time.
#pragma once

#include <cstdint>
#include <mutex>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "os/fd.h"
#include "os/wait.h"

namespace hs::os {

struct Frame {
    std::uint64_t id = 0;    // ties an answer to its question; 0 where there is none
    std::uint16_t kind = 0;  // meaning belongs to the two who talk
    base::Bytes payload;
    std::vector<Fd> descriptors;
};

class Channel {
  public:
    static constexpr std::size_t payload_bytes_max = std::size_t{16} << 20U;
    static constexpr std::size_t descriptors_max = 16;
    static constexpr std::size_t held_bytes_max = std::size_t{64} << 10U;

    explicit Channel(Fd socket) : socket_(std::move(socket)) {}

    // Sends the whole frame. The descriptors stay the caller's. A peer that does not read for
    // 10 seconds is timed_out; a peer that is gone is cancelled.
    base::Result<> send(std::uint64_t id, std::uint16_t kind, base::ByteView payload,
                        const std::vector<int>& descriptors = {});
    // Keeps a frame back until the next send() or flush(), which takes it along in front: two
    // frames wake their reader once. More than held_bytes_max is not kept back.
    base::Result<> hold(std::uint64_t id, std::uint16_t kind, base::ByteView payload);
    base::Result<> flush();
    // Waits for the next frame: timed_out, cancelled (wake-up raised, or the peer is gone),
    // corrupt (not our frames).
    base::Result<Frame> receive(Deadline deadline, const WakeUp* wake_up = nullptr);
    int fd() const { return socket_.get(); }
    // True once the peer has closed its end, before receive() has read what it said until then.
    bool peer_gone() const;
    // True when a whole frame may already be buffered, so that poll() alone would miss it.
    bool buffered() const { return start_ < buffer_.size(); }

  private:
    base::Result<> send_parts(base::ByteView header, base::ByteView payload,
                              const std::vector<int>& descriptors);
    base::Result<> fill(std::size_t bytes, Deadline deadline, const WakeUp* wake_up);

    Fd socket_;
    std::mutex sending_;  // guards held_ too
    base::Bytes held_;    // whole frames that wait for company
    base::Bytes buffer_;
    std::size_t start_ = 0;
    std::vector<Fd> received_;
};

}  // namespace hs::os
