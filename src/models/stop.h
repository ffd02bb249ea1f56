// Stop: how a caller ends a model call at once, and how a wait is cut short.
//
// What it is for: Ctrl-C, a revoked permit, a daemon that ends. Whoever waits looks here first.
// What it does not protect from: a Transport that does not poll descriptor(); its contract says so.
// Threads: safe from any thread.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>

namespace hs::os {
class WakeUp;
}

namespace hs::models {

class Stop {
  public:
    virtual ~Stop() = default;
    virtual bool requested() const = 0;
    // Waits for_ms, or less when asked to stop meanwhile; true when asked to stop.
    virtual bool wait_ms(std::int64_t for_ms) const = 0;
    // Readable once stop is requested, for poll; -1 where there is none.
    virtual int descriptor() const { return -1; }
    // The wake-up behind the descriptor, for waits of other rooms; null where there is none.
    virtual const os::WakeUp* wake_up() const { return nullptr; }
};

// A Stop for callers that wait on nothing else.
class StopSwitch : public Stop {
  public:
    void request() {
        {
            const std::scoped_lock lock(mutex_);
            requested_ = true;
        }
        changed_.notify_all();
    }
    bool requested() const override { return requested_; }
    bool wait_ms(std::int64_t for_ms) const override {
        std::unique_lock lock(mutex_);
        return changed_.wait_for(lock, std::chrono::milliseconds(for_ms),
                                 [this] { return requested_.load(); });
    }

  private:
    mutable std::mutex mutex_;
    mutable std::condition_variable changed_;
    std::atomic<bool> requested_ = false;
};

}  // namespace hs::models
