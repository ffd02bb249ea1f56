// The lockdown's desk with a real log, judge and keeper: what begins with it, who ends it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "audit/fixture.h"
#include "audit/read.h"
#include "gate/lockdown.h"
#include "os/socket.h"

namespace hs::gate {
namespace {

using base::Code;
using base::fail;
using base::Result;
using wire::Json;
using wire::JsonObject;

constexpr const char* two_lift = R"(@id("two-lift")
@reason("the lockdown is lifted by two")
@ask("Ends the lockdown")
@quorum("2")
forbid (principal, action == Hardshell::Action::"policy.change",
        resource == Hardshell::Setting::"lockdown")
when { resource.weakens }
unless { context.base.approved };
)";

class LockdownDeskTest : public testing::Test {
  protected:
    LockdownDeskTest() {
        std::filesystem::create_directories(at("policy"));
        audit::fixture::write_text(at("policy/test.cedar"), two_lift);
        audit::LogOptions options = audit::fixture::make_options();
        options.checkpoint_idle_ms = 10;
        log =
            *audit::Log::open(folder.log(), audit::fixture::make_keys(), options, {clock, random});
        blobs = std::make_unique<audit::BlobStore>(
            *audit::BlobStore::open(at("blobs"), crypto::SecretBytes::random(32, random)));
        judge = *Judge::open(settings, {at("policy"), "", at("sets")});
        EXPECT_EQ(judge->problem(), "");
        questions = std::make_unique<Questions>(judge->tables(), settings, governance, clock,
                                                MachinePlaces{folder.path, {}, {}, ""});
        keeper = std::make_unique<Keeper>(keeper_parts(),
                                          *ApprovalBook::open(at("approvals"), clock.wall_ms()));
        desk = make_desk();
    }

    std::string at(const std::string& name) const { return folder.path + "/" + name; }

    Keeper::Parts keeper_parts() {
        const auto none = [](const auto&...) { return fail(Code::denied, "not in this test"); };
        return {clock,      random,
                *log,       *blobs,
                *judge,     *questions,
                governance, settings,
                {},         ticket_key,
                none,       none,
                1,          "keeper",
                none,       [](const SecretAsk&) { return std::optional<BoundSecret>(); },
                none,       [] { return std::vector<std::string>(); },
                none};
    }

    std::unique_ptr<LockdownDesk> make_desk() {
        auto made = std::make_unique<LockdownDesk>(LockdownDesk::Parts{
            clock, *log, *judge, *questions, governance, *keeper,
            [](const std::string&) { return fail(Code::denied, "no token in this test"); },
            at("lockdown"), [this] { order.push_back("sandboxes"); }});
        made->add_verbs();
        return made;
    }

    // What the keeper answers a person.
    Result<Json> ask(const std::string& person, const std::string& verb,
                     const std::string& reason = "a reason") {
        auto pair = *os::stream_pair();
        const Sender sender{Sender::Kind::person, person,
                            std::make_shared<os::Channel>(std::move(pair.first))};
        os::Channel mine(std::move(pair.second));
        os::Frame frame;
        frame.id = 7;
        frame.kind = static_cast<std::uint16_t>(FrameKind::question);
        const Json payload =
            JsonObject{{"verb", verb}, {"arguments", JsonObject{{"reason", reason}}}};
        frame.payload = base::copy_bytes(base::bytes_of(wire::canonical_json(payload)));
        keeper->handle(sender, frame);
        const auto answer = mine.receive(os::Deadline::after_ms(5000));
        CHECK(answer.ok());
        Json json = *wire::parse_json(base::text_of(answer->payload));
        if (answer->kind == static_cast<std::uint16_t>(FrameKind::answer)) return json;
        return fail(Code::denied, *wire::text_at(json, "what"));
    }
    static bool is_on(const Result<Json>& status) { return *status->find("lockdown")->boolean(); }

    // "OUTCOME by PERSON" of each record of a lockdown.
    std::vector<std::string> recorded() {
        CHECK(log->checkpoint_and_wait().ok());
        std::vector<std::string> list;
        auto reader = *audit::Reader::open(folder.log());
        CHECK(reader
                  .for_each(0, reader.size(),
                            [&](const audit::Record& record) {
                                const auto event = *audit::parse_event(record.leaf);
                                if (event.kind == audit::EventKind::lockdown) {
                                    list.push_back(event.text(audit::Field::outcome) + " by " +
                                                   event.text(audit::Field::person));
                                }
                                return true;
                            })
                  .ok());
        return list;
    }

    audit::fixture::Folder folder;
    base::ScriptedClock clock{1'795'338'000'000};
    os::SystemRandom random;
    Settings settings = Settings::defaults();
    Governance governance{{at("governance"), ""}};
    crypto::SecretBytes ticket_key = crypto::SecretBytes::random(32, random);
    std::unique_ptr<audit::Log> log;
    std::unique_ptr<audit::BlobStore> blobs;
    std::unique_ptr<Judge> judge;
    std::unique_ptr<Questions> questions;
    std::unique_ptr<Keeper> keeper;
    std::unique_ptr<LockdownDesk> desk;
    std::vector<std::string> order;
};

// A lease that is given back is given back after nothing can use it any more, and once.
TEST_F(LockdownDeskTest, WhatEndsWithItIsToldAfterEveryPermitIsVoid) {
    const std::uint64_t before = keeper->generation();
    std::uint64_t seen = 0;
    bool was_on = false;
    desk->on_begin([&] {
        order.push_back("leases");
        seen = keeper->generation();
        was_on = desk->is_on();
    });
    desk->on_begin([&] { order.push_back("others"); });
    ASSERT_TRUE(ask("uid 1", "lockdown.on", "a leaked key"));
    EXPECT_EQ(order, (std::vector<std::string>{"sandboxes", "leases", "others"}));
    EXPECT_GT(seen, before);
    EXPECT_TRUE(was_on);
    EXPECT_TRUE(load_lockdown(at("lockdown")));
    EXPECT_EQ(recorded(), std::vector<std::string>{"on by uid 1"});
    EXPECT_FALSE(ask("uid 1", "lockdown.on", "again"));
    EXPECT_EQ(order.size(), 3U);
}

// Whatever fails while it begins, everything is stopped all the same.
TEST_F(LockdownDeskTest, ALogThatRefusesDoesNotKeepItFromBeginning) {
    bool told = false;
    desk->on_begin([&] { told = true; });
    log->refuse(Code::io, "the disk failed");
    EXPECT_FALSE(ask("uid 1", "lockdown.on"));
    EXPECT_TRUE(told);
    EXPECT_TRUE(desk->is_on());
    EXPECT_EQ(order, std::vector<std::string>{"sandboxes"});
    EXPECT_TRUE(load_lockdown(at("lockdown")));
}

TEST_F(LockdownDeskTest, ItTakesTwoPersonsWherePolicyWantsTwo) {
    ASSERT_TRUE(ask("uid 1", "lockdown.on"));
    EXPECT_FALSE(ask("uid 1", "lockdown.lift", "my own")) << "whoever began it is none of them";
    const auto first = ask("uid 2", "lockdown.lift", "looked at it");
    ASSERT_TRUE(first) << first.error().what;
    EXPECT_TRUE(is_on(first));
    EXPECT_THAT(*wire::text_at(*first, "missing"), testing::HasSubstr("1 of 2 given"));
    // One person's word counts once.
    const auto again = ask("uid 2", "lockdown.lift", "really");
    ASSERT_TRUE(again);
    EXPECT_TRUE(is_on(again));
    // A keeper that begins anew knows of it.
    desk = make_desk();
    EXPECT_TRUE(desk->is_on());
    const auto second = ask("uid 3", "lockdown.lift", "so did I");
    ASSERT_TRUE(second) << second.error().what;
    EXPECT_FALSE(is_on(second));
    EXPECT_FALSE(desk->is_on());
    EXPECT_FALSE(load_lockdown(at("lockdown")));
    EXPECT_EQ(recorded(),
              (std::vector<std::string>{"on by uid 1", "refused by uid 1", "consent by uid 2",
                                        "consent by uid 2", "lifted by uid 3"}));
}

TEST_F(LockdownDeskTest, AConsentOfYesterdayIsNone) {
    ASSERT_TRUE(ask("uid 1", "lockdown.on"));
    ASSERT_TRUE(ask("uid 2", "lockdown.lift"));
    clock.advance_ms(LockdownDesk::consent_life_ms + 1);
    const auto late = ask("uid 3", "lockdown.lift");
    ASSERT_TRUE(late);
    EXPECT_TRUE(is_on(late));
    EXPECT_FALSE(is_on(ask("uid 2", "lockdown.lift")));
}

}  // namespace
}  // namespace hs::gate
