// Calls that were planted in a log: the ledger names exactly their sources, counts a text once
// however often it went, and leaves out what never went out.
#include "insight/leakage.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>

#include "audit/log.h"
#include "gate/carried.h"

namespace hs::insight {
namespace {

using audit::Event;
using audit::EventKind;
using audit::Field;
using flow::LineRange;
using flow::SourceKind;
using gate::Carried;
using gate::CarriedItem;
using testing::ElementsAre;
using testing::IsEmpty;

CarriedItem file(const std::string& path, LineRange lines, std::uint64_t bytes, char digest) {
    return {{SourceKind::file, path, {lines}, bytes, std::string(64, digest)},
            {flow::DataClass::source_code}};
}

class Planted : public testing::Test {
  protected:
    void SetUp() override {
        folder = testing::TempDir() + "/leakage.XXXXXX";
        ASSERT_NE(::mkdtemp(folder.data()), nullptr);
        base::ScriptedRandom seed(1);
        auto signing = crypto::SigningKey::generate(seed);
        audit::LogOptions options;
        options.origin = "test.example/log";
        log = *audit::Log::open(folder + "/log",
                                {std::move(signing), crypto::SecretBytes::random(32, seed)},
                                options, {clock, random});
    }
    void TearDown() override {
        log.reset();
        std::filesystem::remove_all(folder);
    }
    void add(const Event& event) { ASSERT_TRUE(log->append_and_wait(event)); }

    std::string call(const std::string& provider, const Carried& carried,
                     const std::string& project = "/home/anna/p") {
        const std::string decision = "D" + std::to_string(++number);
        Event head(EventKind::model_call);
        head.set(Field::decision, decision).set(Field::provider, provider);
        head.detail("place", provider == "here" ? "local" : "us-east");
        head.detail("local", provider == "here");
        head.detail("retention", "30 days");
        head.detail("project", wire::JsonObject{{"name", project}});
        head.detail("bytes", std::int64_t{1000});
        head.detail("classes_sent", flow::to_json(flow::DataClasses{flow::DataClass::internal}));
        const audit::Pseudonyms names(crypto::SecretBytes::copy_of(base::Bytes(32, 7)));
        for (const Event& event : gate::model_call_events(head, carried, &names)) add(event);
        return decision;
    }
    void connected(const std::string& decision, std::int64_t sent_bytes, const char* error = "") {
        Event event(EventKind::connection);
        event.detail("decision", decision).detail("sent_bytes", sent_bytes);
        if (*error != '\0') event.detail("error", wire::JsonObject{{"code", error}});
        add(event);
    }
    Leakage ledger(const LeakWish& wish = {}) {
        EXPECT_TRUE(log->checkpoint_and_wait());
        auto reader = *audit::Reader::open(folder + "/log");
        return *find_leakage(reader, wish);
    }
    static std::vector<std::string> names(const LeakedTo& to) {
        std::vector<std::string> list;
        for (const Leaked& item : to.items) list.push_back(item.what + " " + item.name);
        return list;
    }

    std::string folder;
    base::ScriptedClock clock{1'790'000'000'000};
    base::ScriptedRandom random{7};
    std::unique_ptr<audit::Log> log;
    int number = 0;
    Carried first{
        "S",
        0,
        {file("/home/anna/p/a.cc", {1, 40}, 900, 'a'),
         {{SourceKind::memory, "M1", {}, 50, std::string(64, 'm')}, {flow::DataClass::personal}}},
        {{0, 1}},
        {{0, {{"github-pat", 2}}}},
        {{"github-pat", 2}}};
    Carried second{"S", 2, {file("/home/anna/p/a.cc", {41, 60}, 300, 'b')}, {{0, 2}}, {}, {}};
};

TEST_F(Planted, ATextCountsOnceAndEachTimeItWentApart) {
    connected(call("cloud", first), 1000);
    connected(call("cloud", second), 1000);
    const Leakage all = ledger();
    ASSERT_EQ(all.providers.size(), 1U);
    const LeakedTo& to = all.providers[0];
    EXPECT_EQ(to.place, "us-east");
    EXPECT_EQ(to.retention, "30 days");
    EXPECT_EQ(to.calls, 2);
    EXPECT_EQ(to.bytes, 2000);
    EXPECT_EQ(to.redacted, (Replacements{{"github-pat", 2}}));
    EXPECT_THAT(names(to), ElementsAre("file /home/anna/p/a.cc", "memory M1"));
    const Leaked& a = to.items[0];
    EXPECT_THAT(a.lines, ElementsAre(LineRange{1, 60}));
    EXPECT_EQ(a.bytes, 1200);
    EXPECT_EQ(a.sent_bytes, 900 + 900 + 300);
    EXPECT_EQ(a.times, 3);
    EXPECT_EQ(a.redacted, (Replacements{{"github-pat", 2}}));
    EXPECT_THAT(a.records, ElementsAre(0U, 2U));
    EXPECT_EQ(to.items[1].bytes, 50);
    EXPECT_EQ(to.items[1].sent_bytes, 100);
    EXPECT_THAT(to.items[1].classes, ElementsAre("personal"));
}

TEST_F(Planted, WhatNeverWentOutIsNotCounted) {
    connected(call("cloud", first), 0, "refused");  // nobody there
    const std::string held_back = call("cloud", first);
    add(Event(EventKind::effect_ended)
            .set(Field::decision, held_back)
            .set(Field::outcome, "failed"));
    const Leakage none = ledger();
    ASSERT_EQ(none.providers.size(), 1U);
    EXPECT_EQ(none.providers[0].calls, 0);
    EXPECT_EQ(none.providers[0].not_sent, 2);
    EXPECT_THAT(none.providers[0].items, IsEmpty());
    // It broke after a part had gone: that is gone.
    connected(call("cloud", second), 400, "broken");
    EXPECT_EQ(ledger().providers[0].calls, 1);
    // What was described by a call that did not go out is still known in the series.
    EXPECT_THAT(names(ledger().providers[0]), ElementsAre("file /home/anna/p/a.cc", "memory M1"));
}

TEST_F(Planted, EachWishHolds) {
    call("cloud", first);
    clock.advance_ms(3'600'000);
    Carried here = second;
    here.series = "T";
    here.first = 0;
    here.numbers = {{0, 0}};
    call("here", here, "/home/anna/q");
    EXPECT_EQ(ledger().providers.size(), 2U);
    ASSERT_EQ(ledger({.provider = "here"}).providers.size(), 1U);
    EXPECT_TRUE(ledger({.provider = "here"}).providers[0].is_local);
    EXPECT_EQ(ledger({.from_ms = 1'790'000'100'000}).providers[0].provider, "here");
    EXPECT_EQ(ledger({.project = "/home/anna/p"}).providers[0].provider, "cloud");
    EXPECT_EQ(ledger({.project = "q"}).providers[0].provider, "here");
    EXPECT_THAT(ledger({.file = "b.cc"}).providers, IsEmpty());
    EXPECT_THAT(ledger({.file = "/a.cc"}).providers, IsEmpty());
    const Leakage of_file = ledger({.provider = "cloud", .file = "p/a.cc"});
    ASSERT_EQ(of_file.providers.size(), 1U);
    EXPECT_THAT(names(of_file.providers[0]), ElementsAre("file /home/anna/p/a.cc"));
}

TEST_F(Planted, ARefusedCallIsToldAndHasSentNothing) {
    Event denied(EventKind::decision);
    denied.set(Field::decision, "D9").set(Field::outcome, "deny");
    denied.detail("request",
                  *wire::parse_json(R"({"action":{"effect":"infer","provider":"cloud"},)"
                                    R"("question":{"project":{"name":"/home/anna/p"}}})"));
    add(denied);
    const Leakage all = ledger();
    ASSERT_EQ(all.providers.size(), 1U);
    EXPECT_EQ(all.providers[0].refused, 1);
    EXPECT_EQ(all.providers[0].calls, 0);
}

TEST_F(Planted, RecordsThatAreNotAsTheyShouldBeAreReadOver) {
    Event odd(EventKind::model_call);
    odd.set(Field::provider, "cloud");
    odd.detail("items", "x").detail("numbers", wire::JsonArray{1, 2}).detail("bytes", -5);
    add(odd);
    add(Event(EventKind::model_call));
    EXPECT_THAT(ledger().providers.at(0).items, IsEmpty());
}

// A call whose record is in several parts is one call.
TEST_F(Planted, PartsOfOneCallBelongTogether) {
    Carried large;
    large.series = "L";
    for (int i = 0; i < 600; ++i) {
        large.items.push_back(file("/p/" + std::to_string(i), {1, 1}, 10, 'a'));
        large.items.back().source.digest = std::string(60, 'a') + std::to_string(1000 + i);
    }
    large.numbers = {{0, 599}};
    call("cloud", large);
    const Leakage all = ledger();
    EXPECT_EQ(all.providers.at(0).calls, 1);
    EXPECT_EQ(all.providers.at(0).bytes, 1000);
    EXPECT_EQ(all.providers.at(0).items.size(), 600U);
    EXPECT_GT(all.records, 2U);
}

}  // namespace
}  // namespace hs::insight
