// What is planted is found, each by its own kind of finding, and ordinary months are quiet.
#include "insight/drift.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "insight/testing/months.h"

namespace hs::insight {
namespace {

using ::testing::HasSubstr;
namespace months = hs::insight::testing;
using audit::Event;
using audit::EventKind;
using audit::Field;

constexpr base::WallTime_ms day_ms = 24 * 3'600'000;
constexpr base::WallTime_ms began_ms = 1'767'571'200'000;

DriftSettings usual_settings() {
    DriftSettings settings;
    settings.personal_hosts = {"drive.google.com"};
    return settings;
}

// A person's days, one by one.
class Days {
  public:
    explicit Days(DriftSettings settings = usual_settings()) : drift_(std::move(settings)) {}
    void add(const Event& event, int hour = 10) {
        drift_.add(index_++, *audit::parse_event(*event.encode(now_ms_ + hour * 3'600'000)));
    }
    void act(const std::string& action, const char* outcome = "allow", int hour = 10,
             const char* integrity = "person") {
        Event event(EventKind::decision);
        event.set(Field::decision, "D" + std::to_string(index_)).set(Field::person, "anna");
        event.set(Field::outcome, outcome);
        event.detail(
            "request",
            *wire::parse_json(R"({"action":)" + action + R"(,"question":{"label":{"integrity":")" +
                              integrity + R"("},"project":{"name":"/p","use":"internal"}}})"));
        add(event, hour);
    }
    void read(int number, int hour = 10) {
        act(R"({"effect":"file.read","path":"/p/f)" + std::to_string(number) + "\"}", "allow",
            hour);
    }
    void ordinary(int days, int reads = 20) {
        for (int day = 0; day < days; ++day) {
            for (int i = 0; i < reads; ++i) read(i, 9 + i % 6);
            act(R"({"effect":"run","executable":"/usr/bin/make"})");
            next();
        }
    }
    void next() { now_ms_ += day_ms; }
    base::WallTime_ms now_ms() const { return now_ms_; }
    std::vector<Finding> end() { return drift_.finish(); }

  private:
    Drift drift_;
    base::WallTime_ms now_ms_ = began_ms;
    std::uint64_t index_ = 0;
};

TEST(DriftTest, NothingIsSaidBeforeTheUsualIsKnownNorOfOrdinaryDays) {
    Days days;
    days.ordinary(90);
    EXPECT_TRUE(days.end().empty());
    Days young;
    young.ordinary(5);
    young.act(R"({"effect":"run","executable":"/usr/bin/nc"})");
    for (int i = 0; i < 900; ++i) young.read(i);
    EXPECT_TRUE(young.end().empty());
}

TEST(DriftTest, AFirstUseIsExplainedWithItsSpanAndItsRecord) {
    Days days;
    days.ordinary(90);
    days.act(R"({"effect":"run","executable":"/usr/bin/nc"})", "deny", 10, "untrusted");
    const auto found = days.end();
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found[0].text,
              "person anna: first use of the tool nc after 90 days, while text from strangers was "
              "about");
    EXPECT_EQ(found[0].weight, Weight::medium);
    EXPECT_EQ(found[0].evidence, std::vector<std::uint64_t>{90 * 21});
    const auto event = *audit::parse_event(*found[0].to_event().encode(1));
    EXPECT_EQ(event.kind, EventKind::finding);
    EXPECT_EQ(event.text(Field::id), "2026-04-05 first_use person anna nc");
}

TEST(DriftTest, AVolumeIsSaidAsTimesTheUsual) {
    Days days;
    days.ordinary(30);
    for (int i = 0; i < 240; ++i) days.read(i % 20, 9 + i % 6);
    const auto found = days.end();
    ASSERT_EQ(found.size(), 2U);
    EXPECT_THAT(found[0].text, HasSubstr("240 actions in a day, 11 times the usual 21"));
    EXPECT_THAT(found[1].text, HasSubstr("240 reads of files in a day, 12 times the usual 20"));
}

TEST(DriftTest, NearALeaveDateLessIsEnough) {
    const auto reads = [](DriftSettings settings) {
        Days days(std::move(settings));
        days.ordinary(30);
        for (int i = 0; i < 100; ++i) days.read(i % 20, 9 + i % 6);
        days.next();
        days.ordinary(11);
        return days.end();
    };
    EXPECT_TRUE(reads(usual_settings()).empty());
    DriftSettings leaving = usual_settings();
    leaving.leaving["anna"] = began_ms + 40 * day_ms;
    const auto found = reads(leaving);
    ASSERT_GE(found.size(), 3U);
    EXPECT_THAT(found[1].text, HasSubstr("5 times the usual 20, 10 days before the leave date"));
    EXPECT_EQ(found[1].weight, Weight::high);
    EXPECT_EQ(found.back().kind, "after_leaving");
}

TEST(DriftTest, HoursThatWereNeverTheirs) {
    Days days;
    days.ordinary(40);
    for (int i = 0; i < 6; ++i) days.read(i, 3);
    const auto found = days.end();
    ASSERT_EQ(found.size(), 1U);
    EXPECT_THAT(found[0].text, HasSubstr("works at 3:00, never within an hour of that in 40 days"));
}

TEST(DriftTest, WhatIsWrongOnAnyDayIsSaidOnTheFirst) {
    Days days;
    Event attempt(EventKind::decision);
    attempt.set(Field::decision, "x").set(Field::person, "anna").set(Field::outcome, "deny");
    attempt.detail("request", *wire::parse_json(R"({"action":{"effect":"file.write","path":
        "/h/.local/state/hardshell/audit/checkpoint"}})"));
    attempt.detail("explanation",
                   *wire::parse_json(R"({"forbidden_by":[{"id":"builtin-own-state"}]})"));
    days.add(attempt);
    days.add(attempt);
    days.act(R"({"effect":"http","host":"x.drive.google.com"})");
    const auto found = days.end();
    ASSERT_EQ(found.size(), 2U);
    EXPECT_EQ(found[0].kind, "log_attempt");
    EXPECT_EQ(found[0].weight, Weight::high);
    EXPECT_EQ(found[0].evidence.size(), 2U);
    EXPECT_EQ(found[1].kind, "personal");
}

TEST(DriftTest, PolicyThatChangesWithoutARecordWasEditedByHand) {
    const auto start = [](const char* digest) {
        Event event(EventKind::process_start);
        event.detail("policy", wire::JsonObject{{"digest", digest}});
        return event;
    };
    Days days;
    days.add(start("a"));
    days.add(start("a"));
    days.add(Event(EventKind::policy_change).set(Field::outcome, "allowed"));
    days.add(start("b"));
    days.add(start("c"));
    const auto found = days.end();
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found[0].kind, "policy_by_hand");
    EXPECT_EQ(found[0].evidence, std::vector<std::uint64_t>{4});
}

// A rug pull: what was consented to is replaced under the name that was consented to.
TEST(DriftTest, ADefinitionThatIsAnotherUnderItsName) {
    const auto change = [](const char* skill, char digest, const char* person = "") {
        Event event(EventKind::skill_change);
        if (*person != 0) event.set(Field::person, person);
        return event.set(Field::outcome, "install")
            .detail("skill", skill)
            .detail("digest", std::string(64, digest));
    };
    Days days;
    days.add(change("notes", '1', "anna"));
    days.add(change("mail server", '2'));
    days.add(change("notes", '1', "anna"));
    days.add(change("mail server", '2'));
    days.add(change("notes", '3', "anna"));
    days.add(change("mail server", '4'));
    days.add(Event(EventKind::skill_change).detail("skill", "nothing"));
    const auto found = days.end();
    ASSERT_EQ(found.size(), 2U);
    EXPECT_EQ(found[0].kind, "definition");
    EXPECT_EQ(found[0].subject, "skill notes");
    EXPECT_EQ(found[0].weight, Weight::medium);
    EXPECT_THAT(found[0].text, HasSubstr("3333333333333333 after 1111111111111111"));
    EXPECT_EQ(found[1].subject, "skill mail server");
    EXPECT_EQ(found[1].weight, Weight::high) << "nobody put it there";
    EXPECT_EQ(found[1].evidence, std::vector<std::uint64_t>{5});
}

// What a server came up with is told as its own doing, whoever asked for the call; what a person
// then accepts is known.
TEST(DriftTest, AnMcpServerThatChangesItsTools) {
    const auto accepted = [](char digest) {
        Event event(EventKind::config_change);
        return event.set(Field::person, "anna")
            .detail("mcp", "tickets")
            .detail("digest", std::string(64, digest));
    };
    Days days;
    days.add(accepted('1'));
    Event ended(EventKind::effect_ended);
    ended.set(Field::person, "anna")
        .detail("details",
                wire::JsonObject{{"mcp", "tickets"}, {"definitions_found", std::string(64, '2')}});
    days.add(ended);
    days.add(accepted('2'));
    const auto found = days.end();
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found[0].kind, "definition");
    EXPECT_EQ(found[0].subject, "MCP server tickets");
    EXPECT_EQ(found[0].weight, Weight::high);
    EXPECT_EQ(found[0].evidence, std::vector<std::uint64_t>{1});
}

TEST(DriftTest, SettingsAgainstTheManagedState) {
    const auto managed =
        *gate::Settings::parse("[policy]\npreset = \"enterprise\"\n[api]\nport = 7483\n", "m");
    const auto held = *gate::Settings::parse("[policy]\npreset = \"personal\"\n", "c");
    const auto found = managed_drift(held, managed, began_ms);
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found[0].text,
              "policy.preset is \"personal\", and the managed state says \"enterprise\"");
}

TEST(DriftTest, LeaveDatesAreReadOrNamed) {
    const auto of = [](const char* text) {
        return drift_settings(
            *gate::Settings::parse(std::string("[drift]\nleaving = [\"") + text + "\"]\n", "c"));
    };
    EXPECT_EQ(of("uid 1000 2026-01-15")->leaving.at("uid 1000"), began_ms + 10 * day_ms);
    for (const char* text : {"", "2026-01-15", "uid 1000", "uid 1000 soon", "x 2026-13-01"}) {
        EXPECT_FALSE(of(text)) << text;
    }
}

TEST(DriftTest, MonthsOfAllSortsAndWhatWasPlantedInThem) {
    months::Plan plan;
    plan.seed = 11;
    plan.people = 5;
    plan.days = 110;
    plan.plants = true;
    std::vector<base::Bytes> leaves;
    const auto month = months::make_months(plan, [&](const Event& event, base::WallTime_ms ms) {
        leaves.push_back(*event.encode(ms));
    });
    DriftSettings settings = usual_settings();
    settings.leaving = month.leaving;
    Drift drift(settings);
    for (std::size_t i = 0; i < leaves.size(); ++i) drift.add(i, *audit::parse_event(leaves[i]));
    const auto found = drift.finish();
    std::size_t missed = 0;
    for (const auto& planted : month.planted) {
        const auto kinds = months::told_by(planted.misuse);
        const bool told = std::any_of(found.begin(), found.end(), [&](const Finding& one) {
            return one.day_ms == planted.day_ms &&
                   std::find(kinds.begin(), kinds.end(), one.kind) != kinds.end();
        });
        missed += told ? 0 : 1;
    }
    EXPECT_LE(missed, month.planted.size() / 10) << month.planted.size();
}

}  // namespace
}  // namespace hs::insight
