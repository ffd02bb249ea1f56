// Usage: who used what for what, counted from the log.
//
// What it is for: the regular check-in: which tools, hosts, skills, providers and secrets a
// person's assistant used, how often it was allowed, asked and denied, and what it cost. What it
// does not protect from: turns that failed before their answer, whose tokens the log does not say;
// the daemon's budgets count those. Threads: a UsageCount belongs to one thread; the rest are pure
// functions.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "audit/read.h"

namespace hs::insight {

enum class Dimension : std::uint8_t {
    person,
    project,
    project_use,
    tool,
    skill,
    host,
    provider,
    secret,
    day,
};
std::optional<Dimension> parse_dimension(std::string_view name);
std::string_view dimension_name(Dimension dimension);

struct UsageRow {
    std::string key;
    std::uint64_t asked_for = 0;  // decisions
    std::uint64_t allowed = 0;
    std::uint64_t held = 0;  // a person was asked
    std::uint64_t denied = 0;
    std::uint64_t messages = 0;  // that came in
    std::uint64_t sent_bytes = 0;
    std::uint64_t received_bytes = 0;
    std::uint64_t input_tokens = 0;
    std::uint64_t output_tokens = 0;
    std::uint64_t cost_micro = 0;
    base::WallTime_ms first_ms = 0;
    base::WallTime_ms last_ms = 0;

    wire::Json to_json() const;
};

struct UsageWindow {
    std::optional<base::WallTime_ms> from_ms;
    std::optional<base::WallTime_ms> to_ms;  // exclusive
    std::string person;                      // empty: all
};

class UsageCount {
  public:
    // Keys beyond this are counted together under "(others)".
    static constexpr std::size_t keys_max = 100'000;

    explicit UsageCount(Dimension dimension) : dimension_(dimension) {}
    void add(const audit::EventFacts& facts);
    // The most used first.
    std::vector<UsageRow> rows() const;

  private:
    std::vector<std::string> keys_of(const audit::EventFacts& facts) const;

    Dimension dimension_;
    std::map<std::string, UsageRow> rows_;
};

// One pass over the log for all the dimensions.
struct UsageTable {
    Dimension dimension = Dimension::person;
    std::vector<UsageRow> rows;
};
base::Result<std::vector<UsageTable>> count_usage(audit::Reader& reader,
                                                  const std::vector<Dimension>& dimensions,
                                                  const UsageWindow& window);

// A page that needs nothing else: no script, no address, every text escaped.
std::string usage_page(const std::vector<UsageTable>& tables, std::string_view title);
std::string cost_text(std::uint64_t cost_micro);

}  // namespace hs::insight
