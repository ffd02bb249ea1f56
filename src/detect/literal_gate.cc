#include "detect/literal_gate.h"

#include <algorithm>
#include <map>
#include <optional>

#include "base/result.h"
#include "detect/shape.h"

namespace hs::detect {

namespace {

// How rare a letter is in English prose and source code, and how rare behind another, in half bits
// of surprise: 'a' is none, 'z' the most. Blanks come first, then the letters. Measured once over
// manuals and source code; only the order of what is summed matters.
constexpr std::string_view alone = "einkkhlnkiupkmiiluijilonrmv";
constexpr std::string_view behind[] = {
    "dhljlmkomjtrkllikvljhnokxmz", "ixkikwplzkvnhjfzlugifmnpskz", "qixswfxzuikzftziuzhlqgzzzgz",
    "lizmyfxzhjzkjxzevwlsgjzzzoz", "djqxleupzfvzouyiwznktmttzoz", "ekujhmnovozvjlhsnofhkvmokoz",
    "djzurjkzzgzzoqzfzzhsilzzzlz", "eizyzeuohhzvoqimozgmplszzyv", "hfzzxczzzhzzyvuhzzopjqzyzrz",
    "smjhkjjkzuxtjlfgnvlggslztzo", "sixywcyyzuzszwxiorwdwhzuzzw", "elyxndwvzfzwpyjwpvxhsovvzzz",
    "ghvvhfpvzezthwyiqztkmjswzjz", "hfjrreyzzhzyoksgizziqktzzxz", "fjykgiohzmxpouoirzwggmnzzkz",
    "htoljphmvqspkjfmjzfljhklrtw", "mfvwsgxwojzyhuwhjzfniixzziz", "wwyyywzyzxxzoyzwuwsywawrzzz",
    "fhrllernzhzkqjlhpzljkmprzkz", "dlzmwfrvkiznpsvilwvjfkzpzqz", "fjwrmguzegzxouthqzjjnmzmwlz",
    "gmijjjtozkzziigsmzggfxzzyzz", "rgzyzbzzzfzzzwzkxzzzzzzyzxz", "hfzzvhzzfezwozjfzzknzzzpzzz",
    "jiqgsgqzmlzyzquvfzzydzztqlz", "bqsvvmyzzlzwrrrelzjkkxzuzvq", "jhyvvbvxwiyyuwukqvuuvpyyuvp",
};
constexpr int digit_rarity = 18;
constexpr int sign_rarity = 16;  // the signs that names and assignments are made of
constexpr int other_rarity = 20;
constexpr int after_sign_rarity = 12;

std::optional<std::size_t> place_of(char byte) {
    if (byte == ' ' || byte == '\n') return 0;
    if (!is_letter(byte)) return std::nullopt;
    return static_cast<std::size_t>(to_lower(byte) - 'a') + 1;
}

int rarity(std::string_view gram) {
    int sum = 0;
    std::optional<std::size_t> before;
    for (std::size_t i = 0; i < gram.size(); ++i) {
        const auto place = place_of(gram[i]);
        if (!place) {
            const bool sign = std::string_view("-_=.:/\"'").find(gram[i]) != std::string_view::npos;
            sum += is_digit(gram[i]) ? digit_rarity : sign ? sign_rarity : other_rarity;
        } else if (before) {
            sum += behind[*before][*place] - 'a';
        } else {
            sum += i == 0 ? alone[*place] - 'a' : after_sign_rarity;
        }
        before = place;
    }
    return sum;
}

std::size_t rarest_four(std::string_view text) {
    std::size_t best = 0;
    int highest = -1;
    for (std::size_t at = 0; at + 4 <= text.size(); ++at) {
        const int sum = rarity(text.substr(at, 4));
        if (sum <= highest) continue;
        highest = sum;
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
        const std::size_t last = text.size() - gram_bytes;
        const std::size_t far_at = before < last - before ? last : 0;
        by_gram[gram_at(text, before)].push_back(
            {i, static_cast<std::uint32_t>(before), static_cast<std::uint32_t>(text.size()),
             gram_at(text, far_at), static_cast<std::uint32_t>(far_at)});
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

bool LiteralGate::stands_at(std::string_view text, std::size_t at, const Literal& literal) {
    const std::size_t size = literal.text.size();
    const char* const here = text.data() + at;
    const char* const wanted = literal.text.data();
    if (!literal.any_case) return std::memcmp(here, wanted, size) == 0;
    for (std::size_t i = 0; i < size; ++i) {
        if (to_lower(here[i]) != wanted[i]) return false;
    }
    return true;
}

}  // namespace hs::detect
