#include "memory/index.h"

#include <algorithm>
#include <cmath>
#include <set>

namespace hs::memory {
namespace {

using base::Result;

constexpr std::size_t query_words_max = 24;
constexpr std::size_t text_words_max = 1000;
constexpr std::size_t word_bytes_max = 60;
// So many texts at most are ranked for one question, unless its rarest word stands in more.
constexpr std::uint32_t candidates_max = 4000;
constexpr std::int64_t ranked_max = 60;
constexpr double recency_half_life_ms = 90.0 * 24 * 3600 * 1000;

// Words that say nothing about what a text is about.
const std::set<std::string_view>& common_words() {
    static const std::set<std::string_view> words{
        "a",     "about", "an",   "and",    "are",    "as",    "at",   "be",   "by",    "can",
        "do",    "does",  "for",  "from",   "had",    "has",   "have", "how",  "i",     "if",
        "in",    "into",  "is",   "it",     "its",    "me",    "my",   "no",   "not",   "of",
        "on",    "or",    "our",  "please", "should", "so",    "that", "the",  "their", "them",
        "then",  "there", "this", "to",     "us",     "was",   "we",   "were", "what",  "when",
        "where", "which", "who",  "will",   "with",   "would", "you",  "your", "der",   "die",
        "das",   "ein",   "eine", "ich",    "ist",    "und",   "zu",   "den",  "mit",   "von",
        "was",   "wie",   "wir",  "es"};
    return words;
}

std::uint32_t hash_of(std::string_view word) {
    std::uint32_t hash = 2166136261U;  // FNV-1a
    for (const char c : word) hash = (hash ^ static_cast<unsigned char>(c)) * 16777619U;
    return hash;
}

template <class Take>
void each_word(std::string_view text, std::size_t words_max, Take&& take) {
    std::string word;
    std::size_t count = 0;
    const auto flush = [&] {
        if (word.size() >= 2 && word.size() <= word_bytes_max && count < words_max) {
            ++count;
            take(word);
        }
        word.clear();
    };
    for (const char c : text) {
        const bool letter = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
                            static_cast<unsigned char>(c) >= 0x80;
        if (letter) {
            word += c;
        } else if (c >= 'A' && c <= 'Z') {
            word += static_cast<char>(c + 32);
        } else {
            flush();
        }
    }
    flush();
}

}  // namespace

std::vector<std::string> words_of(std::string_view text, std::size_t words_max) {
    std::vector<std::string> words;
    each_word(text, text_words_max, [&](const std::string& word) {
        if (words.size() >= words_max || common_words().contains(word)) return;
        if (std::find(words.begin(), words.end(), word) == words.end()) words.push_back(word);
    });
    return words;
}

Result<std::unique_ptr<Index>> Index::make() {
    auto database = TRY(
        store::Database::open_in_memory("CREATE VIRTUAL TABLE words USING fts5(text, content='', "
                                        "tokenize='porter unicode61 remove_diacritics 2')"));
    return std::unique_ptr<Index>(new Index(std::move(database)));
}

Result<> Index::begin_bulk() {
    TRY(database_->execute("BEGIN"));
    return {};
}

Result<> Index::end_bulk() {
    TRY(database_->execute("COMMIT"));
    return {};
}

Index::Row* Index::find(std::int64_t row) {
    const auto found =
        std::lower_bound(rows_.begin(), rows_.end(), row,
                         [](const Row& held, std::int64_t wanted) { return held.row < wanted; });
    if (found == rows_.end() || found->row != row || found->is_gone) return nullptr;
    return &*found;
}

Result<> Index::add(const Row& row, std::string_view text) {
    CHECK(rows_.empty() || rows_.back().row < row.row);
    TRY(database_->execute("INSERT INTO words (rowid, text) VALUES (?, ?)", row.row, text));
    rows_.push_back(row);
    ++size_;
    each_word(text, text_words_max, [&](const std::string& word) { ++frequency_[hash_of(word)]; });
    return {};
}

// An index without content needs the text to take it out again (FTS5, "The 'delete' command").
Result<> Index::remove(std::int64_t row, std::string_view text) {
    Row* held = find(row);
    if (held == nullptr) return {};
    TRY(database_->execute("INSERT INTO words (words, rowid, text) VALUES ('delete', ?, ?)", row,
                           text));
    held->is_gone = true;
    --size_;
    return {};
}

void Index::set_state(std::int64_t row, State state) {
    if (Row* held = find(row)) held->state = state;
}

void Index::set_used(std::int64_t row, base::WallTime_ms now_ms) {
    if (Row* held = find(row)) {
        held->used_ms = now_ms;
        ++held->uses;
    }
}

// The rarest words that together stand in few enough texts, as an FTS5 query of quoted strings.
std::string Index::match_for(std::string_view query) const {
    std::vector<std::pair<std::uint32_t, std::string>> words;
    for (std::string& word : words_of(query, query_words_max)) {
        const auto found = frequency_.find(hash_of(word));
        words.emplace_back(found == frequency_.end() ? 0 : found->second, std::move(word));
    }
    std::stable_sort(words.begin(), words.end(),
                     [](const auto& a, const auto& b) { return a.first < b.first; });
    std::string match;
    std::uint32_t candidates = 0;
    for (const auto& [count, word] : words) {
        if (candidates > 0 && candidates + count > candidates_max) break;
        candidates += count;
        match += (match.empty() ? "\"" : " OR \"") + word + "\"";
    }
    return match;
}

Result<std::vector<Index::Hit>> Index::search(std::string_view query, std::size_t hits_max,
                                              Which which, base::WallTime_ms now_ms) {
    std::vector<Hit> hits;
    const std::string match = match_for(query);
    if (match.empty()) return hits;
    store::Statement found =
        TRY(database_->prepare("SELECT rowid, CAST(rank * -1000000 AS INTEGER) FROM words WHERE "
                               "words MATCH ? ORDER BY rank LIMIT ?"));
    found.bind(std::string_view(match)).bind(ranked_max);
    while (TRY(found.step())) {
        const std::int64_t number = TRY(found.integer(0));
        const Row* row = find(number);
        if (row == nullptr || (row->expires_ms != 0 && row->expires_ms <= now_ms)) continue;
        if (which == Which::kept && row->state != State::kept) continue;
        const double relevance = static_cast<double>(TRY(found.integer(1))) / 1e6 + 1e-6;
        const double age_ms = std::max<double>(
            0, static_cast<double>(now_ms - std::max(row->created_ms, row->used_ms)));
        const double recency = std::exp2(-age_ms / recency_half_life_ms);
        const double use = static_cast<double>(row->uses) / (static_cast<double>(row->uses) + 4);
        hits.push_back({number, relevance * (0.6 + 0.25 * recency + 0.15 * use)});
    }
    std::stable_sort(hits.begin(), hits.end(),
                     [](const Hit& a, const Hit& b) { return a.score > b.score; });
    if (hits.size() > hits_max) hits.resize(hits_max);
    return hits;
}

}  // namespace hs::memory
