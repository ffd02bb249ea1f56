// Stream: bytes both ways in which every wait has a deadline and a wake-up.
//
// What it is for: TCP, unix sockets and TLS behind one interface. A read or write that must wait
// polls; timed_out at the deadline, cancelled once the wake-up is raised, io when the peer is gone.
// What it does not protect from: a peer that sends one byte a minute. The deadline is a point in
// time, not a pause between bytes, so set it for the whole step.
// Threads: one thread at a time; interrupt another thread's wait through the wake-up.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "base/bytes.h"
#include "base/result.h"
#include "os/fd.h"
#include "os/wait.h"

namespace hs::net {

class Stream {
  public:
    virtual ~Stream() = default;

    // At least one byte and at most out.size(); 0 at the peer's orderly end.
    virtual base::Result<std::size_t> read_some(std::span<std::uint8_t> out) = 0;
    // At least one byte and at most all.
    virtual base::Result<std::size_t> write_some(base::ByteView bytes) = 0;
    base::Result<> write_all(base::ByteView bytes);
    // Tells the peer that no more bytes come; reading goes on.
    virtual void finish_writing() = 0;
    // The descriptor beneath, for poll alone.
    virtual int descriptor() const = 0;
    // Bytes that a read would yield without the descriptor being readable.
    virtual bool has_buffered() const { return false; }

    // Holds from now on for every wait.
    virtual void set_deadline(os::Deadline deadline) { deadline_ = deadline; }
    // The wake-up must outlive the stream or be replaced; null for none.
    virtual void set_wake_up(const os::WakeUp* wake_up) { wake_up_ = wake_up; }
    os::Deadline deadline() const { return deadline_; }

    // Whether the peer has closed its side or broken off, seen without reading.
    bool peer_gone() const;

  protected:
    os::Deadline deadline_ = os::Deadline::never();
    const os::WakeUp* wake_up_ = nullptr;
};

// A connected TCP or unix stream socket.
class SocketStream : public Stream {
  public:
    explicit SocketStream(os::Fd socket) : socket_(std::move(socket)) {}
    base::Result<std::size_t> read_some(std::span<std::uint8_t> out) override;
    base::Result<std::size_t> write_some(base::ByteView bytes) override;
    void finish_writing() override;
    int descriptor() const override { return socket_.get(); }

  private:
    base::Result<> before_io();

    os::Fd socket_;
    unsigned unwaited_ = 0;  // calls in a row that did not poll, and so did not see the wake-up
};

}  // namespace hs::net
