// Inbox<T>: a bounded queue between threads. A full inbox refuses; it never grows and never
// blocks the sender, so back-pressure is the sender's decision.
// Threads: any number of senders, one receiver.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <optional>
#include <utility>

#include "base/result.h"

namespace hs::base {

template <class T>
class Inbox {
  public:
    explicit Inbox(std::size_t items_max) : items_max_(items_max) {}

    // exhausted when full, cancelled when closed.
    Result<> put(T item) {
        {
            const std::scoped_lock lock(mutex_);
            if (closed_) return fail(Code::cancelled, "the receiver has stopped");
            if (items_.size() >= items_max_) return fail(Code::exhausted, "the queue is full");
            items_.push_back(std::move(item));
        }
        ready_.notify_one();
        return {};
    }

    // Waits until there is an item, the inbox is closed (nullopt), or the time is up (nullopt).
    std::optional<T> take_until(std::chrono::steady_clock::time_point until) {
        std::unique_lock lock(mutex_);
        ready_.wait_until(lock, until, [this] { return closed_ || !items_.empty(); });
        return pop();
    }
    std::optional<T> take() {
        std::unique_lock lock(mutex_);
        ready_.wait(lock, [this] { return closed_ || !items_.empty(); });
        return pop();
    }
    // Takes all that is there, waiting for at least one; empty only when closed.
    std::deque<T> take_all() {
        std::unique_lock lock(mutex_);
        ready_.wait(lock, [this] { return closed_ || !items_.empty(); });
        return std::exchange(items_, {});
    }

    // No item is accepted any more; what is queued can still be taken.
    void close() {
        {
            const std::scoped_lock lock(mutex_);
            closed_ = true;
        }
        ready_.notify_all();
    }
    bool closed() const {
        const std::scoped_lock lock(mutex_);
        return closed_;
    }

  private:
    std::optional<T> pop() {
        if (items_.empty()) return std::nullopt;
        std::optional<T> item(std::move(items_.front()));
        items_.pop_front();
        return item;
    }

    mutable std::mutex mutex_;
    std::condition_variable ready_;
    std::deque<T> items_;
    std::size_t items_max_;
    bool closed_ = false;
};

}  // namespace hs::base
