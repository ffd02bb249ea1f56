// LiteralGate: one pass over the bytes that finds where any of some hundred literals stands.
//
// Every literal is known by its rarest four bytes, in lower case. Each position of the text costs
// one load, one multiplication and one bit of a table of 16 KiB; only where the bit is set is a
// literal compared, by four more of its bytes first. What it does not do: literals of fewer than
// four bytes. Threads: immutable once made.
#pragma once

#include <array>
#include <bit>
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
        // Four places a step: most steps end at one branch.
        std::size_t at = from;
        for (; at + 4 <= to; at += 4) {
            unsigned here = may_stand(text, at) | may_stand(text, at + 1) << 1U |
                            may_stand(text, at + 2) << 2U | may_stand(text, at + 3) << 3U;
            for (; here != 0; here &= here - 1) {
                look_at(text, at + static_cast<unsigned>(std::countr_zero(here)), hit);
            }
        }
        for (; at < to; ++at) {
            if (may_stand(text, at) != 0) look_at(text, at, hit);
        }
    }

  private:
    static constexpr std::size_t gram_bytes = 4;
    static constexpr std::uint32_t fold = 0x20202020;  // makes letters lower case; harmless else
    static constexpr std::uint32_t factor = 0x9E3779B1;
    static constexpr unsigned filter_shift = 15;  // 2^17 bits: 16 KiB, which stay in the cache
    struct Slot {
        std::uint32_t gram = 0;
        std::uint32_t first = 0;
        std::uint32_t last = 0;  // an empty slot has first == last
    };
    struct Member {
        std::uint32_t literal = 0;
        std::uint32_t before = 0;  // bytes of the literal before its rarest four
        std::uint32_t bytes = 0;   // of the literal
        // Its first or last four bytes, whichever are farther from the rarest: of the many literals
        // that share a common word, most are refused by these.
        std::uint32_t far = 0;
        std::uint32_t far_at = 0;
    };

    // 1 where a literal's rarest four bytes may begin.
    unsigned may_stand(std::string_view text, std::size_t at) const {
        const std::uint32_t hash = (gram_at(text, at) * factor) >> filter_shift;
        // A plain pointer: a check of bounds at each byte would cost as much as the rest.
        return static_cast<unsigned>(filter_.data()[hash / 64] >> (hash % 64) & 1U);
    }
    template <class Hit>
    void look_at(std::string_view text, std::size_t at, Hit& hit) const {
        const Slot slot = slot_of(gram_at(text, at));
        const Member* const members = members_.data();
        for (const Member* member = members + slot.first; member < members + slot.last; ++member) {
            if (at < member->before) continue;
            const std::size_t begin = at - member->before;
            if (text.size() - begin < member->bytes) continue;
            if (gram_at(text, begin + member->far_at) != member->far) continue;
            const Literal& literal = literals_.data()[member->literal];
            if (stands_at(text, begin, literal)) hit(begin, literal);
        }
    }

    static std::uint32_t gram_at(std::string_view text, std::size_t at) {
        std::uint32_t gram = 0;
        std::memcpy(&gram, text.data() + at, gram_bytes);
        return gram | fold;
    }
    // An empty slot where no literal has these four.
    Slot slot_of(std::uint32_t gram) const {
        const Slot* const slots = slots_.data();
        std::size_t at = (gram * factor) >> shift_;
        while (slots[at].first != slots[at].last) {
            if (slots[at].gram == gram) return slots[at];
            at = (at + 1) & (slots_.size() - 1);
        }
        return {};
    }
    // There must be room for the whole literal.
    static bool stands_at(std::string_view text, std::size_t at, const Literal& literal);

    std::vector<Literal> literals_;
    std::array<std::uint64_t, (std::size_t{1} << (32 - filter_shift)) / 64> filter_{};
    std::vector<Slot> slots_;  // a power of two
    unsigned shift_ = 0;       // the highest bits of a gram's hash are its slot
    std::vector<Member> members_;
};

}  // namespace hs::detect
