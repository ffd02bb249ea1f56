// TurnStop: a turn's cancel descriptor as the models room's Stop.
// Threads: safe from any thread.
#pragma once

#include "gate/gate.h"
#include "models/stop.h"

namespace hs::agent {

class TurnStop : public models::Stop {
  public:
    explicit TurnStop(const os::WakeUp& cancel) : cancel_(cancel) {}  // outlives this
    bool requested() const override { return cancel_.raised(); }
    bool wait_ms(std::int64_t for_ms) const override {
        const auto waited = os::wait_for(cancel_.fd(), os::Ready::readable,
                                         os::Deadline::after_ms(for_ms), nullptr);
        return waited.ok();
    }
    int descriptor() const override { return cancel_.fd(); }
    const os::WakeUp* wake_up() const override { return &cancel_; }

  private:
    const os::WakeUp& cancel_;
};

}  // namespace hs::agent
