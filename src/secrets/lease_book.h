// LeaseBook: the ids of what a store has leased to us, on disk before any of it is used, so that a
// keeper that is killed can give it back when it next logs in.
//
// What it does not protect from: a lease whose id is lost with the disk; it ends by itself.
// Threads: one thread.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"

namespace hs::secrets {

class LeaseBook {
  public:
    static constexpr std::size_t ids_max = 512;

    // Without a path nothing is kept. What cannot be read counts as empty.
    static LeaseBook open(std::string path);
    LeaseBook() = default;

    // Of a keeper before this one.
    const std::vector<std::string>& left() const { return left_; }
    void forget_left(const std::string& id);
    // What is leased now; durable when it returns.
    base::Result<> keep(std::vector<std::string> ids);

  private:
    explicit LeaseBook(std::string path) : path_(std::move(path)) {}
    base::Result<> write() const;

    std::string path_;
    std::vector<std::string> left_;
    std::vector<std::string> held_;
};

}  // namespace hs::secrets
