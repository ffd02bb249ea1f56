// LiteralGate: one pass over the bytes that finds where any of some hundred literals stands.
//
// Every literal is known by its rarest four bytes, in lower case. Each position of the text costs
// one load, one multiplication and one bit of a table of 16 KiB; only where the bit is set is a
// literal compared. What it does not do: literals of fewer than four bytes.
// Threads: immutable once made.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

namespace hs::detect {

struct Literal {
    std::string text;        // lower case where any case will do
    std::uint32_t rule = 0;  // the caller's
    bool any_case = false;
};

class LiteralGate {
  public:
    explicit LiteralGate(std::vector<Literal> literals);

    // Calls hit(position, literal) for each literal whose rarest four bytes begin in [from, to).
    template <class Hit>
    void scan(std::string_view text, std::size_t from, std::size_t to, Hit&& hit) const {
        if (text.size() < gram_bytes) return;
        to = std::min(to, text.size() - gram_bytes + 1);
        const char* const data = text.data();
        for (std::size_t at = from; at < to; ++at) {
            std::uint32_t gram = 0;
            std::memcpy(&gram, data + at, gram_bytes);
            gram |= fold;
            const std::uint32_t hash = (gram * factor) >> filter_shift;
            if ((filter_[hash / 64] >> (hash % 64) & 1U) == 0) continue;
            const std::uint32_t slot = slot_of(gram);
            if (slot == none) continue;
            for (std::uint32_t i = slots_[slot].first; i < slots_[slot].last; ++i) {
                const Literal& literal = literals_[members_[i].literal];
                const std::size_t before = members_[i].before;
                if (at < before || !stands_at(text, at - before, literal)) continue;
                hit(at - before, literal);
            }
        }
    }

  private:
    static constexpr std::size_t gram_bytes = 4;
    static constexpr std::uint32_t fold = 0x20202020;  // makes letters lower case; harmless else
    static constexpr std::uint32_t factor = 0x9E3779B1;
    static constexpr unsigned filter_shift = 15;  // 2^17 bits: 16 KiB, which stay in the cache
    static constexpr std::uint32_t none = ~std::uint32_t{0};
    struct Slot {
        std::uint32_t gram = 0;
        std::uint32_t first = 0;
        std::uint32_t last = 0;  // an empty slot has first == last
    };
    struct Member {
        std::uint32_t literal = 0;
        std::uint32_t before = 0;  // bytes of the literal before its rarest four
    };

    std::uint32_t slot_of(std::uint32_t gram) const;
    static bool stands_at(std::string_view text, std::size_t at, const Literal& literal);

    std::vector<Literal> literals_;
    std::array<std::uint64_t, (std::size_t{1} << (32 - filter_shift)) / 64> filter_{};
    std::vector<Slot> slots_;
    unsigned shift_ = 0;  // the highest bits of a gram's hash are its slot
    std::vector<Member> members_;
};

}  // namespace hs::detect
