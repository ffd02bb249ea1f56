#include "models/budget.h"

#include <gtest/gtest.h>

namespace hs::models {
namespace {

constexpr std::int64_t hour_ms = 3'600'000;
constexpr base::WallTime_ms noon = 1'795'348'800'000;  // 2026-11-22T12:00:00Z

struct Bank {
    base::ScriptedClock clock{noon};
    Ledger ledger{clock};
    BudgetRules rules;
    Spender alice{"s1", "alice"};
};

Estimate tokens(std::int64_t input, std::int64_t output) {
    return {input, output, {}};
}

TEST(Budget, StopsAtTheLimitAndSaysWhichAndHowToRaiseIt) {
    Bank bank;
    bank.rules.session.tokens = 10'000;
    const auto grant = bank.ledger.reserve(bank.rules, bank.alice, tokens(5'000, 4'000));
    ASSERT_TRUE(grant);
    ASSERT_TRUE(bank.ledger.settle(grant->id, {5'000, 3'000, 0, 0}, 0));
    const auto refused = bank.ledger.reserve(bank.rules, bank.alice, tokens(2'000, 1'000));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, base::Code::exhausted);
    EXPECT_EQ(refused.error().what,
              "this session's budget of 10000 tokens does not allow this call: 8000 are spent or "
              "reserved and the call needs at least 2256. Begin a new session with /new, or raise "
              "it: hardshell config set budget.session.tokens N");
    EXPECT_TRUE(bank.ledger.reserve(bank.rules, {"s2", "alice"}, tokens(2'000, 1'000)));
}

TEST(Budget, CallsAtOnceCannotOvershootTogether) {
    Bank bank;
    bank.rules.day.tokens = 100'000;
    std::atomic<std::int64_t> granted = 0;
    std::vector<std::thread> people;
    for (int i = 0; i < 8; ++i) {
        people.emplace_back([&, i] {
            const Spender spender{"s" + std::to_string(i), "p" + std::to_string(i)};
            for (int call = 0; call < 50; ++call) {
                const auto grant = bank.ledger.reserve(bank.rules, spender, tokens(900, 600));
                if (grant) granted += 900 + grant->output_tokens;
            }
        });
    }
    for (std::thread& person : people) person.join();
    EXPECT_LE(granted, 100'000);
    EXPECT_GT(granted, 98'000);
}

TEST(Budget, NearTheEndTheOutputIsShortenedInsteadOfRefused) {
    Bank bank;
    bank.rules.person_day.tokens = 10'000;
    const auto grant = bank.ledger.reserve(bank.rules, bank.alice, tokens(9'000, 4'000));
    ASSERT_TRUE(grant);
    EXPECT_EQ(grant->output_tokens, 1'000);
    EXPECT_FALSE(bank.ledger.reserve(bank.rules, bank.alice, tokens(0, 1)));
}

TEST(Budget, MoneyIsLimitedByTheDearestWayItCanBeCharged) {
    Bank bank;
    bank.rules.person_day.money = 1'000'000;  // one dollar
    Estimate call{100'000, 4'000, Price{3'000'000, 15'000'000, 300'000, 3'750'000}};
    // 100,000 tokens at 3.75 and 4,000 at 15 for a million: 0.375 + 0.06.
    const auto first = bank.ledger.reserve(bank.rules, bank.alice, call);
    const auto second = bank.ledger.reserve(bank.rules, bank.alice, call);
    ASSERT_TRUE(first && second);
    const auto third = bank.ledger.reserve(bank.rules, bank.alice, call);
    ASSERT_FALSE(third);
    EXPECT_NE(third.error().what.find("your budget for today of 1.00 USD"), std::string::npos)
        << third.error().what;
    EXPECT_NE(third.error().what.find("0.87 USD is spent"), std::string::npos);
    EXPECT_NE(third.error().what.find("budget.person_day.money"), std::string::npos);
    // What it did cost was less, so there is room again.
    const Usage used{1'000, 500, 99'000, 0};
    ASSERT_TRUE(bank.ledger.settle(first->id, used, cost_of(used, *call.price)));
    EXPECT_TRUE(bank.ledger.reserve(bank.rules, bank.alice, call));
}

TEST(Budget, GrantsNeverExceedTheMoneyWhateverTheNumbers) {
    base::ScriptedRandom random(7);
    for (int i = 0; i < 5000; ++i) {
        Bank bank;
        const auto draw = [&](std::uint64_t below) {
            return static_cast<std::int64_t>(random.next() % below);
        };
        bank.rules.session.money = draw(5'000'000);
        bank.rules.session.tokens = draw(2'000'000);
        const Price price{draw(100'000'000), draw(100'000'000), draw(1'000'000), draw(1'000'000)};
        const Estimate call{draw(50'000), 1 + draw(50'000), price};
        const auto grant = bank.ledger.reserve(bank.rules, bank.alice, call);
        if (!grant) continue;
        EXPECT_GE(grant->output_tokens, std::min(call.output_tokens, bank.rules.output_tokens_min));
        EXPECT_LE(cost_of({call.input_tokens, grant->output_tokens, 0, 0}, price),
                  *bank.rules.session.money);
        EXPECT_LE(call.input_tokens + grant->output_tokens, *bank.rules.session.tokens);
    }
}

TEST(Budget, AMoneyBudgetWithoutAPriceRefuses) {
    Bank bank;
    bank.rules.day.money = 1'000'000;
    const auto refused = bank.ledger.reserve(bank.rules, bank.alice, tokens(1, 1));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, base::Code::denied);
    EXPECT_NE(refused.error().what.find("models.prices"), std::string::npos);
}

TEST(Budget, TheDayEndsAtLocalMidnightAndACallCountsForTheDayItBegan) {
    Bank bank;
    bank.rules.person_day.tokens = 1'000;
    bank.rules.day_offset_min = 60;
    bank.clock.advance_ms(10 * hour_ms + hour_ms / 2);  // 22:30Z, 23:30 local
    const auto late = bank.ledger.reserve(bank.rules, bank.alice, tokens(500, 500));
    ASSERT_TRUE(late);
    EXPECT_FALSE(bank.ledger.reserve(bank.rules, bank.alice, tokens(300, 300)));
    bank.clock.advance_ms(hour_ms);
    EXPECT_TRUE(bank.ledger.reserve(bank.rules, bank.alice, tokens(300, 300)));
    ASSERT_TRUE(bank.ledger.settle(late->id, {500, 500, 0, 0}, 0));
    EXPECT_EQ(bank.ledger.lines(bank.rules, bank.alice)[1].spent.tokens, 600);
    const auto snapshot = bank.ledger.snapshot();
    EXPECT_EQ(snapshot.spent.at("person/alice/2026-11-22").tokens, 1'000);
    EXPECT_EQ(snapshot.spent.at("person/alice/2026-11-23").tokens, 600);
    bank.clock.advance_ms(48 * hour_ms);
    bank.ledger.drop_old_days(bank.rules);
    EXPECT_FALSE(bank.ledger.snapshot().spent.contains("person/alice/2026-11-22"));
    EXPECT_TRUE(bank.ledger.snapshot().spent.contains("session/s1"));
    bank.ledger.forget_session("s1");
}

TEST(Budget, AGrantIsSettledOnceOrReleased) {
    Bank bank;
    bank.rules.session.tokens = 1'000;
    const auto grant = bank.ledger.reserve(bank.rules, bank.alice, tokens(500, 400));
    ASSERT_TRUE(grant);
    ASSERT_TRUE(bank.ledger.settle(grant->id, {1, 1, 0, 0}, 0));
    EXPECT_FALSE(bank.ledger.settle(grant->id, {1, 1, 0, 0}, 0));
    EXPECT_FALSE(bank.ledger.settle(999, {1, 1, 0, 0}, 0));
    const auto other = bank.ledger.reserve(bank.rules, bank.alice, tokens(500, 400));
    ASSERT_TRUE(other);
    bank.ledger.release(other->id);
    bank.ledger.release(other->id);
    EXPECT_EQ(bank.ledger.lines(bank.rules, bank.alice)[0].spent.tokens, 2);
}

TEST(Budget, TheSnapshotGoesRoundAndCountsWhatWasRunning) {
    Bank bank;
    const auto grant = bank.ledger.reserve(bank.rules, bank.alice, tokens(100, 50));
    ASSERT_TRUE(grant);
    const auto json = bank.ledger.snapshot().to_json();
    const auto again = LedgerSnapshot::from_json(*wire::parse_json(wire::canonical_json(json)));
    ASSERT_TRUE(again) << again.error().what;
    EXPECT_EQ(*again, bank.ledger.snapshot());
    Ledger after_crash(bank.clock);
    after_crash.restore(*again);
    EXPECT_EQ(after_crash.lines(bank.rules, bank.alice)[0].spent.tokens, 150);
    for (const char* bad : {"{}", R"({"version":2,"spent":{}})", R"({"version":1,"spent":[]})",
                            R"({"version":1,"spent":{"day/x":{"tokens":-1,"money_micro":0}}})"}) {
        EXPECT_FALSE(LedgerSnapshot::from_json(*wire::parse_json(bad))) << bad;
    }
}

TEST(Prices, TheLongestPatternHoldsAndMistakesAreNamed) {
    const auto table = PriceTable::from_json(*wire::parse_json(
        R"({"anthropic/claude-*":{"input":3,"output":15,"cache_read":0.3},
            "anthropic/claude-opus-*":{"input":5,"output":25},"ollama/*":{"input":0,"output":0},
            "openai/gpt-x":{"input":1.25,"output":10}})"));
    ASSERT_TRUE(table) << table.error().what;
    EXPECT_EQ(table->find("anthropic", "claude-sonnet")->cache_read, 300'000);
    EXPECT_EQ(table->find("anthropic", "claude-opus-5")->input, 5'000'000);
    EXPECT_EQ(table->find("anthropic", "claude-opus-5")->cache_write, 5'000'000);
    EXPECT_EQ(table->find("openai", "gpt-x")->input, 1'250'000);
    EXPECT_EQ(table->find("ollama", "any")->output, 0);
    EXPECT_FALSE(table->find("openai", "gpt-xy"));
    for (const char* bad :
         {R"({"a/b":{"input":1}})", R"({"a/b":{"input":-1,"output":1}})", R"({"a/b":7})", "[]",
          R"({"a/b":{"input":1,"output":1,"ouput":1}})", R"({"a/b":{"input":"1","output":1}})",
          R"({"a/b":{"input":1e12,"output":1}})"}) {
        EXPECT_FALSE(PriceTable::from_json(*wire::parse_json(bad))) << bad;
    }
}

TEST(Prices, CostsAreRoundedUpAndNeverOverflow) {
    EXPECT_EQ(cost_of({1, 0, 0, 0}, Price{300'000, 0, 0, 0}), 1);
    EXPECT_EQ(cost_of({1'000'000, 1'000'000, 0, 0}, Price{3'000'000, 15'000'000, 0, 0}),
              18'000'000);
    EXPECT_EQ(cost_of({-5, 0, 0, 0}, Price{3'000'000, 0, 0, 0}), 0);
    const Usage most{INT64_MAX, INT64_MAX, INT64_MAX, INT64_MAX};
    EXPECT_GT(cost_of(most, Price{price_max, price_max, price_max, price_max}), 0);
    EXPECT_EQ(money_text(3'500'000, "USD"), "3.50 USD");
    EXPECT_EQ(money_text(0, "EUR"), "0.00 EUR");
    EXPECT_EQ(money_text(1'234, "USD"), "0.001234 USD");
}

}  // namespace
}  // namespace hs::models
