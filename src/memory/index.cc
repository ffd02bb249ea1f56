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
// A stem may stand in more texts than the word that was counted.
constexpr std::size_t scores_max = 5 * candidates_max;
// BM25's constants, as FTS5 sets them too (SQLite documentation, FTS5, 5.1.1).
constexpr double bm25_k1 = 1.2;
constexpr double bm25_b = 0.75;
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
    auto database = TRY(store::Database::open_in_memory(
        "CREATE VIRTUAL TABLE words USING fts5(text, content='', columnsize=0, "
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
    Row& held = rows_.back();
    held.words = 0;
    each_word(text, text_words_max, [&](const std::string& word) {
        ++frequency_[hash_of(word)];
        ++held.words;
    });
    ++size_;
    words_ += held.words;
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
    words_ -= held->words;
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

// The rarest words that together stand in few enough texts, as FTS5 queries: quoted strings.
std::vector<std::string> Index::words_to_ask(std::string_view query) const {
    std::vector<std::pair<std::uint32_t, std::string>> words;
    for (std::string& word : words_of(query, query_words_max)) {
        const auto found = frequency_.find(hash_of(word));
        words.emplace_back(found == frequency_.end() ? 0 : found->second, std::move(word));
    }
    std::stable_sort(words.begin(), words.end(),
                     [](const auto& a, const auto& b) { return a.first < b.first; });
    std::vector<std::string> asked;
    std::uint32_t candidates = 0;
    for (const auto& [count, word] : words) {
        if (candidates > 0 && candidates + count > candidates_max) break;
        candidates += count;
        asked.push_back("\"" + word + "\"");
    }
    return asked;
}

// Of every text that holds one of the words: the sum of their rarities, by rising number.
Result<std::vector<Index::Score>> Index::relevance_of(const std::vector<std::string>& words) {
    store::Statement found = TRY(database_->prepare("SELECT rowid FROM words WHERE words MATCH ?"));
    std::vector<Score> scores;
    for (const std::string& word : words) {
        const std::size_t first = scores.size();
        found.bind(std::string_view(word));
        while (TRY(found.step())) {
            if (scores.size() < scores_max) scores.push_back({TRY(found.integer(0)), 0});
        }
        const auto holding = static_cast<double>(scores.size() - first);
        const double others = std::max(0.0, static_cast<double>(size_) - holding);
        const double rarity = std::log(1 + (others + 0.5) / (holding + 0.5));
        for (std::size_t i = first; i < scores.size(); ++i) scores[i].relevance = rarity;
    }
    std::sort(scores.begin(), scores.end(),
              [](const Score& a, const Score& b) { return a.row < b.row; });
    std::size_t kept = 0;
    for (std::size_t i = 0; i < scores.size(); ++i) {
        if (kept > 0 && scores[kept - 1].row == scores[i].row) {
            scores[kept - 1].relevance += scores[i].relevance;
        } else {
            scores[kept++] = scores[i];
        }
    }
    scores.resize(kept);
    return scores;
}

double Index::weight_of(const Row& row, double relevance, base::WallTime_ms now_ms) const {
    const double usual =
        static_cast<double>(words_) / static_cast<double>(std::max<std::size_t>(size_, 1));
    const double length = static_cast<double>(row.words) / std::max(usual, 1.0);
    const double bm25 = relevance * (bm25_k1 + 1) / (1 + bm25_k1 * (1 - bm25_b + bm25_b * length));
    const double age_ms =
        std::max<double>(0, static_cast<double>(now_ms - std::max(row.created_ms, row.used_ms)));
    const double recency = std::exp2(-age_ms / recency_half_life_ms);
    const double use = static_cast<double>(row.uses) / (static_cast<double>(row.uses) + 4);
    return bm25 * (0.6 + 0.25 * recency + 0.15 * use);
}

Result<std::vector<Index::Hit>> Index::search(std::string_view query, std::size_t hits_max,
                                              Which which, base::WallTime_ms now_ms) {
    std::vector<Hit> hits;
    const auto words = words_to_ask(query);
    if (words.empty()) return hits;
    const std::vector<Score> scores = TRY(relevance_of(words));
    for (const Score& score : scores) {
        const Row* row = find(score.row);
        if (row == nullptr || (row->expires_ms != 0 && row->expires_ms <= now_ms)) continue;
        if (which == Which::kept && row->state != State::kept) continue;
        hits.push_back({score.row, weight_of(*row, score.relevance, now_ms)});
    }
    const std::size_t count = std::min(hits_max, hits.size());
    std::partial_sort(hits.begin(), hits.begin() + static_cast<std::ptrdiff_t>(count), hits.end(),
                      [](const Hit& a, const Hit& b) {
                          return a.score != b.score ? a.score > b.score : a.row < b.row;
                      });
    hits.resize(count);
    return hits;
}

}  // namespace hs::memory
