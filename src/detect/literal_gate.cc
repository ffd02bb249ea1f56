#include "detect/literal_gate.h"

#include <algorithm>
#include <map>

#include "base/result.h"
#include "detect/shape.h"

namespace hs::detect {

namespace {

// How often a byte stands in text and source code, roughly; only the order matters.
int commonness(char byte) {
    constexpr std::string_view by_frequency = "qjzxkvwybgfpmhudclsrnioate";
    if (is_digit(byte)) return 4;
    const char lower = to_lower(byte);
    const std::size_t at = by_frequency.find(lower);
    if (at != std::string_view::npos) return static_cast<int>(at) + 5;
    if (byte == ' ' || byte == '\n') return 32;
    if (byte == '-' || byte == '_' || byte == '=' || byte == '.' || byte == ':') return 12;
    return 3;
}

std::size_t rarest_four(std::string_view text) {
    std::size_t best = 0;
    int lowest = 1'000'000;
    for (std::size_t at = 0; at + 4 <= text.size(); ++at) {
        int sum = 0;
        for (std::size_t i = at; i < at + 4; ++i) sum += commonness(text[i]);
        if (sum >= lowest) continue;
        lowest = sum;
        best = at;
    }
    return best;
}

}  // namespace

LiteralGate::LiteralGate(std::vector<Literal> literals) : literals_(std::move(literals)) {
    std::map<std::uint32_t, std::vector<Member>> by_gram;
    for (std::uint32_t i = 0; i < literals_.size(); ++i) {
        const std::string& text = literals_[i].text;
        CHECK(text.size() >= gram_bytes);
        const std::size_t before = rarest_four(text);
        std::uint32_t gram = 0;
        std::memcpy(&gram, text.data() + before, gram_bytes);
        gram |= fold;
        by_gram[gram].push_back({i, static_cast<std::uint32_t>(before)});
    }
    std::size_t room = 64;
    shift_ = 32 - 6;
    while (room < by_gram.size() * 4) {
        room *= 2;
        --shift_;
    }
    slots_.resize(room);
    for (const auto& [gram, members] : by_gram) {
        const std::uint32_t hash = (gram * factor) >> filter_shift;
        filter_[hash / 64] |= std::uint64_t{1} << (hash % 64);
        std::size_t at = (gram * factor) >> shift_;
        while (slots_[at].first != slots_[at].last) at = (at + 1) % room;
        slots_[at].gram = gram;
        slots_[at].first = static_cast<std::uint32_t>(members_.size());
        members_.insert(members_.end(), members.begin(), members.end());
        slots_[at].last = static_cast<std::uint32_t>(members_.size());
    }
}

std::uint32_t LiteralGate::slot_of(std::uint32_t gram) const {
    std::size_t at = (gram * factor) >> shift_;
    while (slots_[at].first != slots_[at].last) {
        if (slots_[at].gram == gram) return static_cast<std::uint32_t>(at);
        at = (at + 1) % slots_.size();
    }
    return none;
}

bool LiteralGate::stands_at(std::string_view text, std::size_t at, const Literal& literal) {
    const std::string& wanted = literal.text;
    if (at + wanted.size() > text.size()) return false;
    if (!literal.any_case) return std::memcmp(text.data() + at, wanted.data(), wanted.size()) == 0;
    for (std::size_t i = 0; i < wanted.size(); ++i) {
        if (to_lower(text[at + i]) != wanted[i]) return false;
    }
    return true;
}

}  // namespace hs::detect
