// Output: what a command printed, bounded: the beginning and the end are kept, the middle is
// counted.
//
// What it does not protect from: what the text says. It is untrusted and labelled so by its user.
// Control characters stay in; whoever shows it in a terminal neutralises them.
// Threads: values with one owner.
#pragma once

#include <cstdint>
#include <string>

#include "base/bytes.h"

namespace hs::sandbox {

struct OutputBounds {
    static constexpr std::size_t head_bytes_default = std::size_t{32} << 10U;
    static constexpr std::size_t tail_bytes_default = std::size_t{32} << 10U;
    std::size_t head_bytes_max = head_bytes_default;
    std::size_t tail_bytes_max = tail_bytes_default;
};

class Output {
  public:
    explicit Output(OutputBounds bounds = {}) : bounds_(bounds) {}

    void append(base::ByteView bytes);
    std::uint64_t bytes_total() const { return total_; }
    // Bytes that text() leaves out.
    std::uint64_t bytes_left_out() const { return total_ - head_.size() - tail_.size(); }
    // Valid UTF-8 (every ill-formed part is U+FFFD). Where something is left out, both sides are
    // cut at a line end when one is near, and a line in brackets says how much is missing.
    std::string text() const;
    // What came since the first `position` bytes, raw, as far as it is still held; `position`
    // advances to the end. Tells in `skipped` how many bytes are gone.
    base::Bytes since(std::uint64_t& position, std::uint64_t& skipped) const;

  private:
    OutputBounds bounds_;
    std::uint64_t total_ = 0;
    std::string head_;
    std::string tail_;  // the newest bytes, at most tail_bytes_max after trimming
};

}  // namespace hs::sandbox
