// Planted stories: exactly what was planted is named, forwards and backwards, and nothing beside
// it.
#include "insight/blast_radius.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>

#include "audit/log.h"
#include "insight/incident.h"

namespace hs::insight {
namespace {

using audit::Event;
using audit::EventKind;
using audit::Field;
using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> names_of(const BlastRadius::Things& things) {
    std::vector<std::string> names;
    for (const auto& [name, one] : things) names.push_back(name);
    return names;
}

class Story : public testing::Test {
  protected:
    void SetUp() override {
        folder = testing::TempDir() + "/radius.XXXXXX";
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
    std::string act(const std::string& session, const std::string& action,
                    const char* outcome = "allow", const char* integrity = "person") {
        const std::string id = "D" + std::to_string(++number);
        Event event(EventKind::decision);
        event.set(Field::decision, id).set(Field::session, session).set(Field::person, "anna");
        event.set(Field::outcome, outcome);
        event.detail("request", *wire::parse_json(R"({"action":)" + action +
                                                  R"(,"question":{"label":{"integrity":")" +
                                                  integrity + R"("}}})"));
        add(event);
        return id;
    }
    std::string read(const std::string& session, const std::string& path) {
        return act(session, R"({"effect":"file.read","path":")" + path + "\"}");
    }
    std::string write(const std::string& session, const std::string& path) {
        return act(session, R"({"effect":"file.write","path":")" + path + "\"}");
    }
    std::string send(const std::string& session, const std::string& host,
                     const char* outcome = "allow") {
        return act(session, R"({"effect":"http","host":")" + host + "\"}", outcome, "untrusted");
    }
    BlastRadius of(const std::string& about) {
        EXPECT_TRUE(log->checkpoint_and_wait());
        auto reader = *audit::Reader::open(folder + "/log");
        return *find_blast_radius(reader, *parse_about(about));
    }

    std::string folder;
    base::ScriptedClock clock{1'790'000'000'000};
    base::ScriptedRandom random{7};
    std::unique_ptr<audit::Log> log;
    int number = 0;
};

TEST_F(Story, AHijackedConversationNamesExactlyWhatItTouched) {
    read("clean", "/p/a");
    write("clean", "/p/b");
    send("clean", "good.example");
    read("bad", "/p/mail.txt");
    act("bad", R"({"effect":"run","executable":"/usr/bin/sh","working_directory":"/p",
                   "argv":["sh","x.sh"]})");
    write("bad", "/p/planted");
    act("bad", R"({"effect":"remember","operation":"add","compartment":"own/-/low",
                   "content_sha256":"abcd"})");
    act("bad", R"({"effect":"remember","operation":"forget","compartment":"own/-/low"})");
    const auto sent = send("bad", "evil.example");
    send("bad", "worse.example", "deny");
    Event connection(EventKind::connection);
    add(connection.detail("decision", sent).detail("host", "evil.example").detail("sent_bytes", 9));
    read("clean", "/p/a");
    const auto found = of("session=bad");
    EXPECT_THAT(names_of(found.sessions), ElementsAre("bad"));
    EXPECT_THAT(names_of(found.changed), ElementsAre("/p/planted"));
    EXPECT_THAT(names_of(found.hosts), ElementsAre("evil.example"));
    EXPECT_EQ(found.hosts.at("evil.example").sent_bytes, 9U);
    EXPECT_TRUE(found.hosts.at("evil.example").untrusted);
    EXPECT_THAT(names_of(found.exposed), ElementsAre("/p/mail.txt"));
    EXPECT_THAT(names_of(found.touched), ElementsAre("/p/x.sh"));
    EXPECT_THAT(names_of(found.memory), ElementsAre("own/-/low abcd"));
    EXPECT_THAT(names_of(found.tried), ElementsAre("worse.example"));
    EXPECT_THAT(names_of(found.came_from_files), ElementsAre("/p/mail.txt"));
    EXPECT_THAT(found.came_from_hosts, IsEmpty());
}

TEST_F(Story, WhatWasWrittenCarriesItIntoOtherConversationsFromThenOn) {
    write("third", "/p/early");
    read("second", "/p/planted");  // before it was planted
    write("second", "/p/innocent");
    read("first", "/p/evil.md");
    write("first", "/p/planted");
    read("third", "/p/planted");
    write("third", "/p/late");
    send("third", "out.example");
    const auto found = of("file=/p/evil.md");
    EXPECT_THAT(names_of(found.sessions), ElementsAre("first", "third"));
    EXPECT_THAT(names_of(found.changed), ElementsAre("/p/late", "/p/planted"));
    EXPECT_THAT(names_of(found.hosts), ElementsAre("out.example"));
    EXPECT_THAT(found.came_from_files, IsEmpty());
}

TEST_F(Story, BackwardsThroughWhoWroteWhatWasRead) {
    send("first", "source.example");
    write("first", "/p/notes");
    read("second", "/p/notes");
    read("other", "/p/else");
    send("second", "sink.example");
    read("second", "/p/after");
    const auto found = of("host=sink.example");
    EXPECT_THAT(names_of(found.came_from_files), ElementsAre("/p/notes"));
    EXPECT_THAT(names_of(found.came_from_hosts), ElementsAre("source.example"));
    EXPECT_THAT(names_of(found.came_from_sessions), ElementsAre("first", "second"));
    EXPECT_THAT(names_of(found.sessions), ElementsAre("second"));
}

TEST_F(Story, ASecretsWayAndWhatWasNotDoneDoesNotCount) {
    const auto use = send("first", "api.example");
    add(Event(EventKind::secret_use)
            .set(Field::secret, "key")
            .set(Field::decision, use)
            .set(Field::outcome, "placed"));
    write("first", "/p/after");
    act("second", R"({"effect":"file.write","path":"/p/no"})", "ask");
    const auto found = of("secret=key");
    EXPECT_THAT(names_of(found.changed), ElementsAre("/p/after"));
    EXPECT_THAT(names_of(found.sessions), ElementsAre("first"));
    EXPECT_TRUE(of("secret=other").empty());
    for (const char* text : {"", "secret", "secret=", "colour=red", "=x"}) {
        EXPECT_FALSE(parse_about(text)) << text;
    }
}

TEST_F(Story, AMailCarriesItFromTheMomentItCame) {
    read("office", "/p/before");
    add(Event(EventKind::message_in)
            .set(Field::id, "mail-7")
            .set(Field::session, "office")
            .set(Field::content, std::string(64, 'a')));
    write("office", "/p/after");
    send("other", "out.example");
    for (const std::string& about : {std::string("mail=mail-7"), "mail=" + std::string(64, 'a')}) {
        const auto found = of(about);
        EXPECT_THAT(names_of(found.sessions), ElementsAre("office")) << about;
        EXPECT_THAT(names_of(found.changed), ElementsAre("/p/after"));
        EXPECT_THAT(names_of(found.came_from_files), ElementsAre("/p/before"));
    }
}

TEST_F(Story, AMemoryIsFollowedIntoTheConversationsThatWereGivenIt) {
    const auto give = [&](const char* session, const char* id) {
        Event call(EventKind::model_call);
        call.set(Field::session, session).set(Field::decision, "I" + std::to_string(++number));
        call.detail("items", *wire::parse_json(std::string(R"([{"what":"memory","name":")") + id +
                                               R"("},{"what":"prompt","name":"Hardshell"}])"));
        add(call);
    };
    read("early", "/p/mine");
    read("poisoned", "/p/evil.md");
    const auto kept = act("poisoned", R"({"effect":"remember","operation":"add",
        "compartment":"own/-/low","content_sha256":"abcd"})");
    add(Event(EventKind::effect_ended)
            .set(Field::decision, kept)
            .set(Field::outcome, "done")
            .detail("details", wire::Json(wire::JsonObject{{"memory", "M1"}})));
    give("early", "M2");
    write("early", "/p/clean");
    read("later", "/p/own");
    give("later", "M1");
    write("later", "/p/spoiled");
    const auto found = of("memory=M1");
    EXPECT_THAT(names_of(found.sessions), ElementsAre("later", "poisoned"));
    EXPECT_THAT(names_of(found.changed), ElementsAre("/p/spoiled"));
    EXPECT_THAT(names_of(found.memory), ElementsAre("M1"));
    EXPECT_THAT(names_of(found.recalled), ElementsAre("M1"));
    EXPECT_THAT(names_of(found.came_from_files), ElementsAre("/p/evil.md"));
    EXPECT_THAT(names_of(found.came_from_sessions), ElementsAre("poisoned"));
    // From the file that poisoned it, and back from what came of it.
    EXPECT_THAT(names_of(of("file=/p/evil.md").changed), ElementsAre("/p/spoiled"));
    const auto back = of("session=later");
    EXPECT_THAT(names_of(back.came_from_memory), ElementsAre("M1"));
    EXPECT_THAT(names_of(back.came_from_files), ElementsAre("/p/evil.md", "/p/own"));
}

TEST_F(Story, ASkillIsFollowedFromItsInstallationThroughWhatItDid) {
    const auto as_skill = [&](const char* session, const char* skill, const char* action) {
        Event event(EventKind::decision);
        event.set(Field::decision, "S" + std::to_string(++number)).set(Field::session, session);
        event.set(Field::outcome, "allow");
        event.detail("request",
                     *wire::parse_json(std::string(R"({"action":)") + action +
                                       R"(,"question":{"actor":{"kind":"skill","name":")" + skill +
                                       R"("}}})"));
        add(event);
    };
    add(Event(EventKind::skill_change)
            .set(Field::outcome, "install")
            .set(Field::person, "anna")
            .detail("skill", "notes")
            .detail("digest", std::string(64, '1')));
    as_skill("first", "other", R"({"effect":"http","host":"fine.example"})");
    as_skill("second", "notes", R"({"effect":"file.write","path":"/p/made"})");
    as_skill("second", "notes", R"({"effect":"http","host":"evil.example"})");
    read("third", "/p/made");
    const auto found = of("skill=notes");
    EXPECT_THAT(names_of(found.skills), ElementsAre("notes"));
    EXPECT_THAT(names_of(found.sessions), ElementsAre("second", "third"));
    EXPECT_THAT(names_of(found.changed), ElementsAre("/p/made"));
    EXPECT_THAT(names_of(found.hosts), ElementsAre("evil.example"));
}

TEST_F(Story, AnIncidentIsWhatTheLogSaysOfIt) {
    const auto entry = [](const char* id, const char* outcome, const char* text) {
        return Event(EventKind::incident)
            .set(Field::id, id)
            .set(Field::outcome, outcome)
            .set(Field::reason, text)
            .set(Field::person, "anna");
    };
    add(entry("01A", "note", "before it was opened"));
    add(entry("01A", "opened", "a leak").detail("about", "session=bad").detail("playbook", "p"));
    add(entry("01B", "opened", "another"));
    add(entry("01A", "step", "did it").detail("step", "stop").detail("state", "done"));
    add(entry("01B", "closed", "nothing"));
    ASSERT_TRUE(log->checkpoint_and_wait());
    auto reader = *audit::Reader::open(folder + "/log");
    const auto all = *read_incidents(reader);
    ASSERT_EQ(all.size(), 2U);
    EXPECT_TRUE(all[0].is_open());
    EXPECT_FALSE(all[1].is_open());
    EXPECT_EQ(all[0].state_of("stop"), "done");
    EXPECT_EQ(all[0].state_of("scope"), "");
    EXPECT_EQ(all[0].opening().about, "session=bad");
    EXPECT_EQ(find_incident(reader, "last")->id, "01A");
    EXPECT_FALSE(find_incident(reader, "01C"));
}

}  // namespace
}  // namespace hs::insight
