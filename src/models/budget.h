// Budgets of tokens and money that stop a call before it is made.
//
// What it is for: a call reserves the most it can cost and settles what it did cost, so calls that
// run at once cannot overshoot together. Three limits hold at the same time: one session, one
// person's day, and everybody's day. The ledger is pure; whoever owns it persists its snapshot.
// What it does not protect from: a provider that reports fewer tokens than it charges, a price
// table that is wrong, and input that the estimate undercounts (it is settled as reported, so the
// next call pays for it).
// Threads: Ledger is safe from any thread.
#pragma once

#include <map>
#include <optional>

#include "base/clock.h"
#include "base/guarded.h"
#include "base/result.h"
#include "models/chat.h"

namespace hs::models {

using Money_micro = std::int64_t;  // millionths of the currency unit that the prices are in

// For a million tokens, in millionths of the currency unit. At most price_max each.
struct Price {
    Money_micro input = 0;
    Money_micro output = 0;
    Money_micro cache_read = 0;
    Money_micro cache_write = 0;
};
inline constexpr Money_micro price_max = 100'000'000'000;  // 100,000 units a million tokens
inline constexpr std::int64_t tokens_max = 1'000'000'000'000;

// Rounded up; counts beyond tokens_max count as tokens_max.
Money_micro cost_of(const Usage& usage, const Price& price);

// Prices by "provider/model"; a pattern may end in '*', and the longest match holds.
class PriceTable {
  public:
    // From configuration: {"provider/model": {"input": 3.0, "output": 15.0, "cache_read": 0.3,
    // "cache_write": 3.75}, ...}, in units for a million tokens. An absent cache price is that of
    // input. invalid_input names the entry.
    static base::Result<PriceTable> from_json(const wire::Json& json);
    std::optional<Price> find(std::string_view provider, std::string_view model) const;

  private:
    std::map<std::string, Price, std::less<>> exact_;
    std::map<std::string, Price, std::less<>> prefixes_;
};

struct BudgetLimit {
    std::optional<std::int64_t> tokens;
    std::optional<Money_micro> money;
};

struct BudgetRules {
    BudgetLimit session;     // one session, all its life
    BudgetLimit person_day;  // one person, one day
    BudgetLimit day;         // everybody, one day
    std::string currency = "USD";
    std::int32_t day_offset_min = 0;  // east of UTC: where the day begins
    // Less than this is not worth a call; the call is refused instead of being cut that short.
    std::int64_t output_tokens_min = 256;
};

struct Spender {
    std::string session;
    std::string person;
};

// The most that a call can cost.
struct Estimate {
    std::int64_t input_tokens = 0;
    std::int64_t output_tokens = 0;  // the request's max_tokens
    std::optional<Price> price;      // nullopt: not in the price table
};

struct Grant {
    std::uint64_t id = 0;
    // What max_tokens may be: the estimate's, or less where a budget is nearly spent.
    std::int64_t output_tokens = 0;
};

struct Spent {
    std::int64_t tokens = 0;
    Money_micro money = 0;
    bool operator==(const Spent&) const = default;
};

// What the owner persists. A call that was running when the snapshot was taken counts as reserved,
// since nobody can tell what it cost.
struct LedgerSnapshot {
    std::map<std::string, Spent> spent;  // by "session/ID", "person/NAME/DAY", "day/DAY"
    bool operator==(const LedgerSnapshot&) const = default;

    wire::Json to_json() const;
    static base::Result<LedgerSnapshot> from_json(const wire::Json& json);
};

class Ledger {
  public:
    explicit Ledger(const base::Clock& clock) : clock_(clock) {}

    // exhausted names the budget, what is spent, the limit, when it ends and how to raise it.
    // denied when a money budget holds and the model has no price.
    base::Result<Grant> reserve(const BudgetRules& rules, const Spender& spender,
                                const Estimate& estimate);
    // Books what the call did cost and ends the reservation; not_found for an unknown grant.
    base::Result<> settle(std::uint64_t grant, const Usage& usage, Money_micro cost);
    // Ends a reservation of a call that was not made.
    void release(std::uint64_t grant);

    LedgerSnapshot snapshot() const;
    void restore(const LedgerSnapshot& snapshot);
    // Drops the days before yesterday; sessions stay until forget_session.
    void drop_old_days(const BudgetRules& rules);
    void forget_session(std::string_view session);

    struct Line {
        std::string name;  // "session", "person_day", "day"
        Spent spent;       // settled and reserved
        BudgetLimit limit;
    };
    // What each budget stands at, for `hardshell status`.
    std::vector<Line> lines(const BudgetRules& rules, const Spender& spender) const;

  private:
    struct Reservation {
        std::vector<std::string> keys;
        Spent amount;
    };
    struct State {
        std::map<std::string, Spent> spent;     // settled
        std::map<std::string, Spent> reserved;  // sums of the reservations below
        std::map<std::uint64_t, Reservation> reservations;
        std::uint64_t next_id = 1;
    };
    static Spent standing(const State& state, const std::string& key);
    static std::optional<Reservation> take_reservation(State& state, std::uint64_t grant);

    const base::Clock& clock_;
    base::Guarded<State> state_;
};

// "3.50 USD"; cents, and more digits only where cents would hide the amount.
std::string money_text(Money_micro amount, std::string_view currency);

}  // namespace hs::models
