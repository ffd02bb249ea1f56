// bench_memory [ENTRIES]: opening, asking and writing a sealed memory, beside the floor of the same
// run: SQLite with the same texts in clear, the same FTS5, the same durability.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <fstream>

#include "memory/testing/house.h"
#include "store/database.h"

namespace {

using namespace hs;
using Seconds = std::chrono::duration<double>;

constexpr int queries = 1000;
constexpr int writes = 300;
constexpr std::size_t vocabulary = 20'000;

// Words by Zipf's law, twelve to a text.
class Words {
  public:
    explicit Words(std::uint64_t seed) : random_(seed) {}
    std::string word() {
        const double share = static_cast<double>(random_.next() >> 11U) * 0x1.0p-53;
        // The inverse of the harmonic distribution's logarithmic approximation.
        const auto rank =
            static_cast<std::size_t>(std::pow(static_cast<double>(vocabulary), share)) - 1;
        static constexpr const char* parts[] = {"ka",  "to",  "mi",  "re", "su",  "lo",
                                                "ne",  "vi",  "da",  "po", "qui", "ser",
                                                "tan", "ber", "gol", "fin"};
        std::string text;
        for (std::size_t left = rank + 16; left > 0; left /= 16) text += parts[left % 16];
        return text;
    }
    std::string text(int words) {
        std::string all;
        for (int i = 0; i < words; ++i) all += (i == 0 ? "" : " ") + word();
        return all;
    }

  private:
    base::ScriptedRandom random_;
};

template <class Work>
double seconds(Work&& work) {
    const auto began = std::chrono::steady_clock::now();
    work();
    return Seconds(std::chrono::steady_clock::now() - began).count();
}

double median(std::vector<double> times) {
    std::nth_element(times.begin(), times.begin() + static_cast<std::ptrdiff_t>(times.size() / 2),
                     times.end());
    return times[times.size() / 2];
}

double megabytes() {
    std::ifstream file("/proc/self/smaps_rollup");
    std::string word;
    while (file >> word) {
        double kilobytes = 0;
        if (word == "Pss:" && file >> kilobytes) return kilobytes / 1024;
    }
    return 0;
}

void fill(memory::testing::House& house, const std::vector<std::string>& texts) {
    const auto memory = house.open().value();
    for (std::size_t at = 0; at < texts.size(); at += 10'000) {
        std::vector<memory::Entry> entries;
        std::vector<std::string> ids;
        for (std::size_t i = at; i < std::min(at + 10'000, texts.size()); ++i) {
            memory::Entry entry = memory::testing::House::entry(texts[i]);
            entry.id = base::make_id(house.clock, house.random);
            entry.created_ms = house.clock.wall_ms();
            ids.push_back(entry.id);
            entries.push_back(std::move(entry));
        }
        CHECK(memory->restore(house.change(gate::Remember::Operation::restore, ids), entries).ok());
    }
}

struct Measured {
    double open_s = 0;
    double query_ms = 0;
    double write_ms = 0;
    double grown_mb = 0;
};

Measured sealed(memory::testing::House& house, const std::vector<std::string>& asked) {
    Measured measured;
    const double before_mb = megabytes();
    std::unique_ptr<memory::Memory> memory;
    measured.open_s = seconds([&] {
        memory = house.open().value();
        CHECK(memory->search(house.recall(), asked[0], 8).ok());
    });
    measured.grown_mb = megabytes() - before_mb;
    std::vector<double> times;
    for (const auto& query : asked) {
        const auto permit = house.recall();
        times.push_back(1e3 * seconds([&] { CHECK(memory->search(permit, query, 8).ok()); }));
    }
    measured.query_ms = median(times);
    times.clear();
    for (int i = 0; i < writes; ++i) {
        const auto entry = memory::testing::House::entry("written " + std::to_string(i));
        auto permit = house.remember(entry);
        times.push_back(1e3 * seconds([&] { CHECK(memory->add(std::move(permit), entry).ok()); }));
    }
    measured.write_ms = median(times);
    return measured;
}

constexpr store::Migration plain_table{
    "plain", "CREATE TABLE entry (row INTEGER PRIMARY KEY, text TEXT NOT NULL);"};

Measured plain(const std::string& path, const std::vector<std::string>& texts,
               const std::vector<std::string>& asked) {
    {
        const auto database = store::Database::open(path, {&plain_table, 1}).value();
        CHECK(database
                  ->in_transaction([&]() -> base::Result<> {
                      for (const auto& text : texts) {
                          TRY(database->execute("INSERT INTO entry (text) VALUES (?)",
                                                std::string_view(text)));
                      }
                      return {};
                  })
                  .ok());
    }
    Measured measured;
    const double before_mb = megabytes();
    std::unique_ptr<store::Database> database;
    std::unique_ptr<store::Database> index;
    measured.open_s = seconds([&] {
        database = store::Database::open(path, {&plain_table, 1}).value();
        index = store::Database::open_in_memory(
                    "CREATE VIRTUAL TABLE words USING fts5(text, content='', "
                    "tokenize='porter unicode61 remove_diacritics 2')")
                    .value();
        CHECK(index
                  ->in_transaction([&]() -> base::Result<> {
                      auto rows = TRY(database->prepare("SELECT row, text FROM entry"));
                      while (TRY(rows.step())) {
                          TRY(index->execute("INSERT INTO words (rowid, text) VALUES (?, ?)",
                                             TRY(rows.integer(0)),
                                             std::string_view(TRY(rows.text(1)))));
                      }
                      return {};
                  })
                  .ok());
    });
    measured.grown_mb = megabytes() - before_mb;
    std::vector<double> times;
    for (const auto& query : asked) {
        std::string match;
        for (const auto& word : memory::words_of(query, 24)) {
            match += (match.empty() ? "\"" : " OR \"") + word + "\"";
        }
        times.push_back(
            1e3 * seconds([&] {
                auto found =
                    index
                        ->prepare(
                            "SELECT rowid FROM words WHERE words MATCH ? ORDER BY rank LIMIT 8")
                        .value();
                found.bind(std::string_view(match));
                while (found.step().value()) {
                }
            }));
    }
    measured.query_ms = median(times);
    times.clear();
    for (int i = 0; i < writes; ++i) {
        times.push_back(1e3 * seconds([&] {
                            CHECK(database
                                      ->execute("INSERT INTO entry (text) VALUES (?)",
                                                std::string_view("written " + std::to_string(i)))
                                      .ok());
                        }));
    }
    measured.write_ms = median(times);
    return measured;
}

void line(const char* what, const char* unit, double ours, double floor, double bar) {
    std::printf("%-34s %9.3f %-3s floor %9.3f   ratio %5.2f   bar %g   %s\n", what, ours, unit,
                floor, ours / floor, bar, ours <= bar ? "held" : "MISSED");
}

}  // namespace

int main(int argc, char** argv) {
    const std::size_t count = argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 100'000;
    Words words(1);
    std::vector<std::string> texts;
    for (std::size_t i = 0; i < count; ++i) texts.push_back(words.text(12));
    std::vector<std::string> asked;
    for (int i = 0; i < queries; ++i) asked.push_back(words.text(4));
    memory::testing::House house;
    fill(house, texts);
    const Measured ours = sealed(house, asked);
    const Measured floor = plain(house.folder + "/plain.db", texts, asked);
    std::printf("%zu memories of 12 words\n", count);
    line("open and searchable", "s", ours.open_s, floor.open_s, 2);
    line("query, median", "ms", ours.query_ms, floor.query_ms, 1);
    line("write, median, durable", "ms", ours.write_ms, floor.write_ms, floor.write_ms + 1);
    line("memory grown by", "MB", ours.grown_mb, floor.grown_mb, 60);
    return 0;
}
