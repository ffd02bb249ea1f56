// Incoming: a private folder for what is fetched or tried, gone with this.
//
// What it does not protect from: a program that ends before its destructor; the folder then stays
// in the cache. Threads: one owner.
#pragma once

#include <string>
#include <utility>

#include "base/result.h"
#include "control/places.h"

namespace hs::cli {

class Incoming {
  public:
    static base::Result<Incoming> make(const control::Places& places);
    ~Incoming();
    Incoming(Incoming&& other) noexcept : path_(std::exchange(other.path_, {})) {}
    Incoming& operator=(Incoming&&) = delete;
    const std::string& path() const { return path_; }  // canonical

  private:
    explicit Incoming(std::string path) : path_(std::move(path)) {}
    std::string path_;
};

}  // namespace hs::cli
