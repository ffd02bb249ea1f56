#include "models/budget.h"

#include <fmt/format.h>

namespace hs::models {
namespace {

using base::Code;
using base::fail;
using base::Failure;
using base::Result;
using wire::Json;
using wire::JsonObject;

constexpr std::int64_t day_ms = 86'400'000;
constexpr std::size_t date_bytes = 10;  // 2026-11-22

std::int64_t day_number(const BudgetRules& rules, base::WallTime_ms now) {
    const std::int64_t local_ms = now + std::int64_t{rules.day_offset_min} * 60'000;
    return local_ms >= 0 ? local_ms / day_ms : (local_ms + 1) / day_ms - 1;
}

std::string date_text(std::int64_t day) {
    return base::format_time(day * day_ms).substr(0, date_bytes);
}

struct Scope {
    std::string name;  // as the configuration calls it
    std::string key;
    const BudgetLimit* limit;
};

std::vector<Scope> scopes_of(const BudgetRules& rules, const Spender& spender,
                             base::WallTime_ms now) {
    const std::string date = date_text(day_number(rules, now));
    return {{"session", "session/" + spender.session, &rules.session},
            {"person_day", fmt::format("person/{}/{}", spender.person, date), &rules.person_day},
            {"day", "day/" + date, &rules.day}};
}

std::string_view words_for(std::string_view scope) {
    if (scope == "session") return "this session's budget";
    if (scope == "person_day") return "your budget for today";
    return "the budget of all people for today";
}

std::string_view way_out(std::string_view scope) {
    return scope == "session" ? "Begin a new session with /new" : "It is renewed at midnight";
}

Failure over_tokens(const Scope& scope, const Spent& spent, const Estimate& estimate) {
    return fail(
        Code::exhausted,
        fmt::format("{} of {} tokens does not allow this call: {} are spent or reserved and "
                    "the call needs at least {}. {}, or raise it: hardshell config set "
                    "budget.{}.tokens N",
                    words_for(scope.name), *scope.limit->tokens, spent.tokens,
                    estimate.input_tokens + estimate.output_tokens, way_out(scope.name),
                    scope.name));
}

Failure over_money(const Scope& scope, const Spent& spent, Money_micro needed,
                   const std::string& currency) {
    return fail(Code::exhausted,
                fmt::format("{} of {} does not allow this call: {} is spent or reserved and the "
                            "call may cost {}. {}, or raise it: hardshell config set "
                            "budget.{}.money N",
                            words_for(scope.name), money_text(*scope.limit->money, currency),
                            money_text(spent.money, currency), money_text(needed, currency),
                            way_out(scope.name), scope.name));
}

Money_micro money_for(const Estimate& estimate) {
    if (!estimate.price) return 0;
    // The dearest way the input can be charged.
    Price price = *estimate.price;
    price.input = std::max({price.input, price.cache_read, price.cache_write});
    return cost_of({estimate.input_tokens, estimate.output_tokens, 0, 0}, price);
}

// The most output that the scope still allows beside the input.
std::int64_t output_within(const Scope& scope, const Spent& spent, const Estimate& estimate) {
    std::int64_t most = estimate.output_tokens;
    if (scope.limit->tokens) {
        most = std::min(most, *scope.limit->tokens - spent.tokens - estimate.input_tokens);
    }
    if (!scope.limit->money || !estimate.price || estimate.price->output == 0) return most;
    Estimate input_only = estimate;
    input_only.output_tokens = 0;
    const Money_micro left = *scope.limit->money - spent.money - money_for(input_only);
    if (left <= 0) return std::min<std::int64_t>(most, 0);
    // Rounding of the two costs together may add one millionth.
    const std::int64_t whole = (left - 1) / estimate.price->output * 1'000'000;
    const std::int64_t rest =
        (left - 1) % estimate.price->output * 1'000'000 / estimate.price->output;
    return left > 1 ? std::min(most, whole + rest) : std::min<std::int64_t>(most, 0);
}

Spent sum(const Spent& a, const Spent& b) {
    return {a.tokens + b.tokens, a.money + b.money};
}

void add(std::map<std::string, Spent>& totals, const std::string& key, const Spent& amount) {
    Spent& total = totals[key];
    total = sum(total, amount);
}

void subtract(std::map<std::string, Spent>& totals, const std::string& key, const Spent& amount) {
    const auto found = totals.find(key);
    CHECK(found != totals.end());
    found->second = sum(found->second, {-amount.tokens, -amount.money});
    if (found->second == Spent{}) totals.erase(found);
}

// Refuses, or says how much output the scope allows at most.
Result<std::int64_t> allowed_output(const Scope& scope, const Spent& spent, const Estimate& wanted,
                                    const BudgetRules& rules) {
    if (scope.limit->money && !wanted.price) {
        return fail(
            Code::denied,
            fmt::format("a money budget holds (budget.{}.money) and the model has no price, "
                        "so its cost cannot be limited. Set one under models.prices",
                        scope.name));
    }
    const std::int64_t output = output_within(scope, spent, wanted);
    Estimate least = wanted;
    least.output_tokens = std::min(rules.output_tokens_min, wanted.output_tokens);
    if (scope.limit->tokens &&
        spent.tokens + least.input_tokens + least.output_tokens > *scope.limit->tokens) {
        return over_tokens(scope, spent, least);
    }
    if (scope.limit->money &&
        (spent.money + money_for(least) > *scope.limit->money || output < least.output_tokens)) {
        return over_money(scope, spent, money_for(least), rules.currency);
    }
    return output;
}

Estimate clamped(Estimate estimate) {
    estimate.input_tokens = std::clamp<std::int64_t>(estimate.input_tokens, 0, tokens_max);
    estimate.output_tokens = std::clamp<std::int64_t>(estimate.output_tokens, 1, tokens_max);
    return estimate;
}

}  // namespace

Spent Ledger::standing(const State& state, const std::string& key) {
    const auto settled = state.spent.find(key);
    const auto reserved = state.reserved.find(key);
    return sum(settled == state.spent.end() ? Spent{} : settled->second,
               reserved == state.reserved.end() ? Spent{} : reserved->second);
}

Result<Grant> Ledger::reserve(const BudgetRules& rules, const Spender& spender,
                              const Estimate& estimate) {
    const Estimate wanted = clamped(estimate);
    const std::vector<Scope> scopes = scopes_of(rules, spender, clock_.wall_ms());
    return state_.with([&](State& state) -> Result<Grant> {
        Estimate granted = wanted;
        for (const Scope& scope : scopes) {
            const std::int64_t output =
                TRY(allowed_output(scope, standing(state, scope.key), wanted, rules));
            granted.output_tokens = std::min(granted.output_tokens, output);
        }
        Reservation reservation;
        reservation.amount = {granted.input_tokens + granted.output_tokens, money_for(granted)};
        for (const Scope& scope : scopes) {
            add(state.reserved, scope.key, reservation.amount);
            reservation.keys.push_back(scope.key);
        }
        const std::uint64_t id = state.next_id++;
        state.reservations.emplace(id, std::move(reservation));
        return Grant{id, granted.output_tokens};
    });
}

// Removes the reservation from the sums; nullopt when there is none of that number.
std::optional<Ledger::Reservation> Ledger::take_reservation(State& state, std::uint64_t grant) {
    auto found = state.reservations.extract(grant);
    if (found.empty()) return {};
    for (const std::string& key : found.mapped().keys) {
        subtract(state.reserved, key, found.mapped().amount);
    }
    return std::move(found.mapped());
}

Result<> Ledger::settle(std::uint64_t grant, const Usage& usage, Money_micro cost) {
    const Spent amount{std::clamp<std::int64_t>(usage.total(), 0, tokens_max),
                       std::max<Money_micro>(cost, 0)};
    return state_.with([&](State& state) -> Result<> {
        const auto reservation = take_reservation(state, grant);
        if (!reservation) {
            return fail(Code::not_found,
                        "this budget reservation was settled already or is unknown");
        }
        for (const std::string& key : reservation->keys) add(state.spent, key, amount);
        return {};
    });
}

void Ledger::release(std::uint64_t grant) {
    state_.with([&](State& state) { (void)take_reservation(state, grant); });
}

LedgerSnapshot Ledger::snapshot() const {
    return state_.with([](const State& state) {
        LedgerSnapshot snapshot{state.spent};
        for (const auto& [key, amount] : state.reserved) add(snapshot.spent, key, amount);
        return snapshot;
    });
}

void Ledger::restore(const LedgerSnapshot& snapshot) {
    state_.with([&](State& state) { state.spent = snapshot.spent; });
}

void Ledger::drop_old_days(const BudgetRules& rules) {
    const std::string yesterday = date_text(day_number(rules, clock_.wall_ms()) - 1);
    state_.with([&](State& state) {
        std::erase_if(state.spent, [&](const auto& entry) {
            const std::string& key = entry.first;
            const bool daily = key.starts_with("day/") || key.starts_with("person/");
            return daily && key.size() > date_bytes &&
                   key.substr(key.size() - date_bytes) < yesterday;
        });
    });
}

void Ledger::forget_session(std::string_view session) {
    state_.with([&](State& state) { state.spent.erase("session/" + std::string(session)); });
}

std::vector<Ledger::Line> Ledger::lines(const BudgetRules& rules, const Spender& spender) const {
    const std::vector<Scope> scopes = scopes_of(rules, spender, clock_.wall_ms());
    return state_.with([&](const State& state) {
        std::vector<Line> lines;
        for (const Scope& scope : scopes) {
            lines.push_back({scope.name, standing(state, scope.key), *scope.limit});
        }
        return lines;
    });
}

Json LedgerSnapshot::to_json() const {
    JsonObject entries;
    for (const auto& [key, amount] : spent) {
        entries[key] = JsonObject{{"tokens", amount.tokens}, {"money_micro", amount.money}};
    }
    return JsonObject{{"version", 1}, {"spent", std::move(entries)}};
}

Result<LedgerSnapshot> LedgerSnapshot::from_json(const Json& json) {
    if (TRY(wire::integer_at(json, "version")) != 1) {
        return fail(Code::invalid_input, "the budget ledger must be of version 1");
    }
    LedgerSnapshot snapshot;
    for (const auto& [key, entry] : *TRY(wire::object_at(json, "spent"))) {
        const Spent amount{TRY(wire::integer_at(entry, "tokens")),
                           TRY(wire::integer_at(entry, "money_micro"))};
        if (amount.tokens < 0 || amount.money < 0) {
            return fail(Code::invalid_input,
                        fmt::format("the budget ledger's \"{}\" must not be negative", key));
        }
        snapshot.spent[key] = amount;
    }
    return snapshot;
}

}  // namespace hs::models
