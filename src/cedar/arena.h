// Arena: memory that is handed out by bumping a pointer and given back all at once.
//
// What it is for: flat values, keys and entities whose life ends together. reset() keeps the
// blocks, so that a warmed-up arena allocates nothing. What it does not protect from: pointers kept
// beyond reset(). Only trivially destructible types go in. Threads: one owner at a time.
#pragma once

#include <cstddef>
#include <cstring>
#include <memory>
#include <span>
#include <string_view>
#include <type_traits>
#include <vector>

namespace hs::cedar {

class Arena {
  public:
    Arena() = default;
    Arena(Arena&&) = default;
    Arena& operator=(Arena&&) = default;

    void* take(std::size_t bytes, std::size_t alignment) {
        const std::size_t start = (used_ + alignment - 1) & ~(alignment - 1);
        if (current_ == nullptr || start + bytes > current_size_) return take_from_next(bytes);
        used_ = start + bytes;
        return current_ + start;
    }

    template <class T>
    T* take_array(std::size_t count) {
        static_assert(std::is_trivially_destructible_v<T>);
        return static_cast<T*>(take(sizeof(T) * count, alignof(T)));
    }
    template <class T>
    const T* keep(const T& value) {
        return new (take_array<T>(1)) T(value);
    }
    template <class T>
    std::span<T> keep_all(std::span<const T> values) {
        T* out = take_array<T>(values.size());
        for (std::size_t i = 0; i < values.size(); ++i) new (out + i) T(values[i]);
        return {out, values.size()};
    }
    std::string_view keep_text(std::string_view text);

    // Forgets everything, keeps the blocks.
    void reset();
    std::size_t bytes_reserved() const;

  private:
    struct Block {
        std::unique_ptr<std::byte[]> bytes;
        std::size_t size = 0;
    };
    void* take_from_next(std::size_t bytes);

    std::vector<Block> blocks_;
    std::size_t next_block_ = 0;
    std::byte* current_ = nullptr;
    std::size_t current_size_ = 0;
    std::size_t used_ = 0;
};

}  // namespace hs::cedar
