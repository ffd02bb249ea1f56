// Deadline, WakeUp and wait_for: the only way this program waits for a descriptor.
//
// Every wait is poll(2) with a deadline and a wake-up descriptor, so that time-out, cancellation
// and readiness are one path. Threads: WakeUp may be raised from any thread and from a signal
// handler.
#pragma once

#include <chrono>
#include <cstdint>

#include "base/result.h"
#include "os/fd.h"

namespace hs::os {

class Deadline {
  public:
    static Deadline after_ms(std::int64_t span_ms) {
        return Deadline(std::chrono::steady_clock::now() + std::chrono::milliseconds(span_ms));
    }
    static Deadline never() { return Deadline(std::chrono::steady_clock::time_point::max()); }
    explicit Deadline(std::chrono::steady_clock::time_point at) : at_(at) {}

    std::chrono::steady_clock::time_point at() const { return at_; }
    bool passed() const { return std::chrono::steady_clock::now() >= at_; }
    // Milliseconds left, rounded up and at least 0; -1 when there is no deadline (poll's form).
    int left_ms() const;
    Deadline earlier(Deadline other) const { return at_ < other.at_ ? *this : other; }

  private:
    std::chrono::steady_clock::time_point at_;
};

// An eventfd: once raised it stays readable until it is lowered.
class WakeUp {
  public:
    static base::Result<WakeUp> make();
    void raise() const;
    void lower() const;
    bool raised() const;
    int fd() const { return fd_.get(); }

  private:
    explicit WakeUp(Fd fd) : fd_(std::move(fd)) {}
    Fd fd_;
};

enum class Ready : std::uint8_t { readable = 1, writable = 4 };  // POLLIN, POLLOUT

// Waits until fd is ready. timed_out at the deadline, cancelled when the wake-up is raised.
// A hang-up or an error of the descriptor counts as ready: the next call on it tells.
base::Result<> wait_for(int fd, Ready ready, Deadline deadline, const WakeUp* wake_up = nullptr);

}  // namespace hs::os
