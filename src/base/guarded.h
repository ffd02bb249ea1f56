// Guarded<T>: a value that can be reached only while its lock is held.
//
// What it does not protect from: deadlock between two Guarded values. Never take one inside
// another's with().
#pragma once

#include <mutex>
#include <utility>

namespace hs::base {

template <class T>
class Guarded {
  public:
    template <class... Args>
    explicit Guarded(Args&&... args) : value_(std::forward<Args>(args)...) {}
    Guarded(const Guarded&) = delete;
    Guarded& operator=(const Guarded&) = delete;

    // Calls use(value) under the lock and returns what it returns. Do not let a reference out.
    template <class Use>
    decltype(auto) with(Use&& use) {
        const std::scoped_lock lock(mutex_);
        return std::forward<Use>(use)(value_);
    }
    template <class Use>
    decltype(auto) with(Use&& use) const {
        const std::scoped_lock lock(mutex_);
        return std::forward<Use>(use)(value_);
    }

  private:
    mutable std::mutex mutex_;
    T value_;
};

}  // namespace hs::base
