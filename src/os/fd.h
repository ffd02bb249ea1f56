// Fd: one owned file descriptor.
//
// What it does not protect from: a descriptor number copied out with get() and used after the Fd
// has closed it. Threads: a value with one owner.
#pragma once

#include <utility>

namespace hs::os {

class Fd {
  public:
    Fd() = default;
    explicit Fd(int number) : number_(number) {}
    Fd(Fd&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
    Fd& operator=(Fd&& other) noexcept {
        if (this != &other) {
            close();
            number_ = std::exchange(other.number_, -1);
        }
        return *this;
    }
    Fd(const Fd&) = delete;
    Fd& operator=(const Fd&) = delete;
    ~Fd() { close(); }

    int get() const { return number_; }
    bool valid() const { return number_ >= 0; }
    explicit operator bool() const { return valid(); }
    int release() { return std::exchange(number_, -1); }
    void close();

  private:
    int number_ = -1;
};

}  // namespace hs::os
