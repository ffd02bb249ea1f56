#include "insight/review_due.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>

#include "audit/log.h"

namespace hs::insight {
namespace {

using audit::Event;
using audit::EventKind;
using audit::Field;
using testing::HasSubstr;

constexpr std::int64_t day_ms = 24 * 3'600'000;
constexpr base::WallTime_ms began_ms = 1'767'225'600'000;  // 1 January 2026

TEST(ReviewDueTest, ItIsRemindedOnceItIsDueAndSilentAfterAnAttestation) {
    std::string folder = testing::TempDir() + "/due.XXXXXX";
    ASSERT_NE(::mkdtemp(folder.data()), nullptr);
    base::ScriptedClock clock{began_ms};
    base::ScriptedRandom random{7};
    auto signing = crypto::SigningKey::generate(random);
    audit::LogOptions options;
    options.origin = "test.example/log";
    auto log = *audit::Log::open(folder + "/log",
                                 {std::move(signing), crypto::SecretBytes::random(32, random)},
                                 options, {clock, random});
    const auto due = [&](std::int64_t days) {
        EXPECT_TRUE(log->checkpoint_and_wait());
        auto reader = *audit::Reader::open(folder + "/log");
        return *review_due(reader, 90, began_ms + days * day_ms);
    };
    EXPECT_FALSE(due(0)) << "there is no record yet";
    ASSERT_TRUE(log->append_and_wait(Event(EventKind::doctor)));
    EXPECT_FALSE(due(89));
    const auto first = due(91);
    ASSERT_TRUE(first);
    EXPECT_EQ(first->kind, "review_due");
    EXPECT_THAT(first->text, HasSubstr("due since 2026-04-01; none was ever attested"));
    // Each day of being late is the same finding: it is recorded once.
    EXPECT_EQ(due(95)->key(), first->key());
    clock.advance_ms(92 * day_ms);
    const auto review = [](const char* outcome) {
        return Event(EventKind::review).set(Field::outcome, outcome).set(Field::person, "anna");
    };
    ASSERT_TRUE(log->append_and_wait(review("begun")));
    EXPECT_TRUE(due(93)) << "one that was only begun";
    ASSERT_TRUE(log->append_and_wait(review("attested")));
    EXPECT_FALSE(due(93));
    EXPECT_FALSE(due(92 + 89));
    const auto next = due(92 + 91);
    ASSERT_TRUE(next);
    EXPECT_THAT(next->text, HasSubstr("the last was attested on 2026-04-03"));
    log.reset();
    std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace hs::insight
