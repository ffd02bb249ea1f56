#include "cedar/arena.h"

#include <algorithm>

namespace hs::cedar {
namespace {

constexpr std::size_t first_block_bytes = 4096;
constexpr std::size_t block_bytes_max = std::size_t{1} << 20U;

}  // namespace

std::string_view Arena::keep_text(std::string_view text) {
    if (text.empty()) return {};
    char* copy = take_array<char>(text.size());
    std::memcpy(copy, text.data(), text.size());
    return {copy, text.size()};
}

// A block's start suits every type, so the alignment of the request needs no care here.
void* Arena::take_from_next(std::size_t bytes) {
    while (next_block_ < blocks_.size() && blocks_[next_block_].size < bytes) ++next_block_;
    if (next_block_ == blocks_.size()) {
        const std::size_t grown = blocks_.empty() ? first_block_bytes : blocks_.back().size * 2;
        const std::size_t size = std::max(bytes, std::min(grown, block_bytes_max));
        blocks_.push_back(Block{std::make_unique_for_overwrite<std::byte[]>(size), size});
    }
    Block& block = blocks_[next_block_++];
    current_ = block.bytes.get();
    current_size_ = block.size;
    used_ = bytes;
    return current_;
}

void Arena::reset() {
    next_block_ = 0;
    current_ = nullptr;
    current_size_ = 0;
    used_ = 0;
}

std::size_t Arena::bytes_reserved() const {
    std::size_t total = 0;
    for (const Block& block : blocks_) total += block.size;
    return total;
}

}  // namespace hs::cedar
