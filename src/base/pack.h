// Packer and Unpacker: the canonical byte form of the frames between our own processes and of
// what a Permit's digest covers. See docs/formats/pack.md.
//
// Little-endian fixed-width integers; text and bytes with a 32-bit length before them; lists with
// a 32-bit count. One value has exactly one form, so equal digests mean equal values.
// What it does not protect from: packing fields in another order than they are unpacked. Every
// packed struct has both functions side by side and a round-trip test.
// Threads: values.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"

namespace hs::base {

class Packer {
  public:
    void u8(std::uint8_t value) { bytes_.push_back(value); }
    void u32(std::uint32_t value) { fixed(value, 4); }
    void u64(std::uint64_t value) { fixed(value, 8); }
    void i64(std::int64_t value) { fixed(static_cast<std::uint64_t>(value), 8); }
    void text(std::string_view value) { bytes(bytes_of(value)); }
    void bytes(ByteView value) {
        CHECK(value.size() <= UINT32_MAX);
        u32(static_cast<std::uint32_t>(value.size()));
        bytes_.insert(bytes_.end(), value.begin(), value.end());
    }
    // Writes the count, then each item by put(packer, item).
    template <class List, class Put>
    void list(const List& items, Put&& put) {
        CHECK(items.size() <= UINT32_MAX);
        u32(static_cast<std::uint32_t>(items.size()));
        for (const auto& item : items) put(*this, item);
    }
    const Bytes& view() const { return bytes_; }
    Bytes take() && { return std::move(bytes_); }

  private:
    void fixed(std::uint64_t value, unsigned width) {
        for (unsigned i = 0; i < width; ++i) u8(static_cast<std::uint8_t>(value >> (8 * i)));
    }
    Bytes bytes_;
};

// Reads what a Packer wrote. Every read is bounded by what is left; corrupt on any overrun.
// The view must outlive the Unpacker.
class Unpacker {
  public:
    explicit Unpacker(ByteView bytes) : left_(bytes) {}

    Result<std::uint8_t> u8() { return static_cast<std::uint8_t>(TRY(fixed(1))); }
    Result<std::uint32_t> u32() { return static_cast<std::uint32_t>(TRY(fixed(4))); }
    Result<std::uint64_t> u64() { return fixed(8); }
    Result<std::int64_t> i64() { return static_cast<std::int64_t>(TRY(fixed(8))); }
    Result<ByteView> bytes();
    Result<std::string> text() { return std::string(text_of(TRY(bytes()))); }
    // Reads a count and then each item by get(unpacker) -> Result<Item>.
    template <class Item, class Get>
    Result<std::vector<Item>> list(Get&& get) {
        const std::uint32_t count = TRY(u32());
        // Each item takes at least one byte, so a count beyond what is left is a lie.
        if (count > left_.size()) return fail(Code::corrupt, "a packed list is cut short");
        std::vector<Item> items;
        items.reserve(count);
        for (std::uint32_t i = 0; i < count; ++i) items.push_back(TRY(get(*this)));
        return items;
    }
    // Fails when bytes are left over.
    Result<> finish() const {
        if (left_.empty()) return {};
        return fail(Code::corrupt, "a packed value has bytes left over");
    }

  private:
    Result<std::uint64_t> fixed(unsigned width);
    ByteView left_;
};

}  // namespace hs::base
