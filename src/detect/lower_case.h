// LowerCase: a short piece of text in lower case. What an expression would need is looked for here
// first: words that open an expression are common in prose, and what must follow them is not.
// Threads: one thread.
#pragma once

#include <algorithm>
#include <cstring>
#include <initializer_list>
#include <string_view>

#include "detect/shape.h"

namespace hs::detect {

class LowerCase {
  public:
    static constexpr std::size_t bytes_max = 256;

    // Of text that is longer only the first bytes_max bytes are held.
    explicit LowerCase(std::string_view text) : size_(std::min(text.size(), bytes_max)) {
        if (size_ == 0) return;
        const std::size_t last = (size_ - 1) / block_bytes * block_bytes;
        std::memset(bytes_ + last, 0, block_bytes);
        std::memcpy(bytes_, text.data(), size_);
        for (std::size_t block = 0; block < size_; block += block_bytes) lower(bytes_ + block);
    }
    // The rest of the line from a place on, at most so many bytes.
    static LowerCase line_from(std::string_view text, std::size_t at,
                               std::size_t most = bytes_max) {
        const std::string_view rest = text.substr(at, most);
        return LowerCase(rest.substr(0, rest.find('\n')));
    }

    std::string_view text() const { return {bytes_, size_}; }
    bool has_any(std::initializer_list<std::string_view> words) const {
        return std::any_of(words.begin(), words.end(), [this](std::string_view word) {
            return text().find(word) != std::string_view::npos;
        });
    }

  private:
    static constexpr std::size_t block_bytes = 32;

    // A loop of a fixed count without branches, which the compiler makes one of vectors.
    static void lower(char* block) {
        for (std::size_t i = 0; i < block_bytes; ++i) {
            const auto byte = static_cast<unsigned char>(block[i]);
            const auto above_a = static_cast<unsigned char>(byte - 'A');
            block[i] = static_cast<char>(byte | (above_a < 26 ? 0x20 : 0));
        }
    }
    char bytes_[bytes_max];  // of which the blocks that hold text are set
    std::size_t size_;
};

}  // namespace hs::detect
