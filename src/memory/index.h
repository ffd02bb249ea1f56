// Index: the texts of one compartment, searchable. It lies in memory alone (SQLite's FTS5 without
// content), because an index on disk would tell what the sealed rows do not.
//
// Ranking: BM25 over the rarest words of what is asked, then recency and use. A word counts once
// in a text, however often it stands there: memories are a sentence or two, and FTS5's own ranking
// looks the length of every candidate up in a tree, which costs many times what finding it does.
// What it does not protect from: whoever reads this process's memory.
// Threads: one thread at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "memory/entry.h"
#include "store/database.h"

namespace hs::memory {

class Index {
  public:
    struct Row {
        std::int64_t row = 0;
        base::WallTime_ms created_ms = 0;
        base::WallTime_ms used_ms = 0;
        base::WallTime_ms expires_ms = 0;
        std::uint32_t uses = 0;
        State state = State::kept;
        bool is_gone = false;
        std::uint32_t words = 0;  // of the text; add() counts them
    };
    struct Hit {
        std::int64_t row = 0;
        double score = 0;  // higher is better
    };

    static base::Result<std::unique_ptr<Index>> make();

    // Between these two, adding costs no transaction for each.
    base::Result<> begin_bulk();
    base::Result<> end_bulk();
    // Rows come with rising numbers.
    base::Result<> add(const Row& row, std::string_view text);
    base::Result<> remove(std::int64_t row, std::string_view text);
    void set_state(std::int64_t row, State state);
    void set_used(std::int64_t row, base::WallTime_ms now_ms);
    // The best hits in state kept (or in any state), not expired, the best first.
    enum class Which : std::uint8_t { kept, all };
    base::Result<std::vector<Hit>> search(std::string_view query, std::size_t hits_max, Which which,
                                          base::WallTime_ms now_ms);
    std::size_t size() const { return size_; }

  private:
    explicit Index(std::unique_ptr<store::Database> database) : database_(std::move(database)) {}
    Row* find(std::int64_t row);
    std::vector<std::string> words_to_ask(std::string_view query) const;
    struct Score {
        std::int64_t row;
        double relevance;
    };
    base::Result<std::vector<Score>> relevance_of(const std::vector<std::string>& words);
    double weight_of(const Row& row, double relevance, base::WallTime_ms now_ms) const;

    std::unique_ptr<store::Database> database_;
    std::vector<Row> rows_;  // by number
    std::size_t size_ = 0;
    std::uint64_t words_ = 0;  // of all texts together
    // In how many texts a word stands, by a hash of it: rare words are asked first.
    std::unordered_map<std::uint32_t, std::uint32_t> frequency_;
};

// The words of a text as the index knows them: lower case, without the commonest ones, each once,
// at most words_max.
std::vector<std::string> words_of(std::string_view text, std::size_t words_max);

}  // namespace hs::memory
