// What an event says about who did what, and how the events of one decision hang together.
#include "audit/facts.h"

#include <gtest/gtest.h>

#include "audit/fixture.h"
#include "audit/read.h"

namespace hs::audit {
namespace {

RecordedEvent recorded(const Event& event, base::WallTime_ms time_ms = 1000) {
    return *parse_event(*event.encode(time_ms));
}

Event decision(const std::string& id, const std::string& request) {
    Event event(EventKind::decision);
    event.set(Field::decision, id).set(Field::person, "anna").set(Field::session, "s1");
    event.set(Field::outcome, "allow");
    event.detail("request", *wire::parse_json(request));
    return event;
}

const char* const command = R"({"action":{"effect":"run","executable":"/usr/bin/cat",
    "argv":["cat","-n","notes/a.txt","./b.txt","/etc/hosts"],"working_directory":"/p",
    "scripts":[{"path":"/p/run.sh","sha256":""}]},
    "question":{"label":{"integrity":"untrusted","classes":["personal"]},
    "actor":{"kind":"skill","name":"tidy"},"project":{"name":"/p","use":"unclassified"}}})";

TEST(FactsTest, ACommandNamesItsProgramItsScriptsAndItsOperands) {
    const auto facts = facts_of(recorded(decision("d1", command)));
    EXPECT_EQ(facts.effect, "run");
    EXPECT_EQ(facts.tool, "cat");
    EXPECT_EQ(facts.skill, "tidy");
    EXPECT_EQ(facts.integrity, "untrusted");
    EXPECT_EQ(facts.project, "/p");
    EXPECT_EQ(facts.files, (std::vector<std::string>{"/usr/bin/cat", "/p/run.sh"}));
    EXPECT_EQ(facts.operands,
              (std::vector<std::string>{"/p/notes/a.txt", "/p/b.txt", "/etc/hosts"}));
    EXPECT_TRUE(facts.changes());
}

TEST(FactsTest, MembersOfTheWrongTypeAreNoFacts) {
    for (const char* request :
         {R"({"action":7,"question":[]})", R"({"action":{"effect":7,"path":[],"argv":{}}})",
          R"({"action":{"effect":"run","argv":[1,null,"x"],"scripts":[3]}})",
          R"({"question":{"label":"x","actor":1,"project":[]}})"}) {
        const auto facts = facts_of(recorded(decision("d1", request)));
        EXPECT_TRUE(facts.hosts.empty()) << request;
        EXPECT_EQ(facts.person, "anna");
    }
}

TEST(FactsTest, AnEffectAndAConnectionBelongToTheirDecisionsPerson) {
    Story story;
    story.take(recorded(decision("d1", R"({"action":{"effect":"http","host":"h.example"}})")));
    Event connection(EventKind::connection);
    connection.detail("decision", "d1").detail("host", "h.example").detail("sent_bytes", 12);
    const auto facts = story.take(recorded(connection));
    EXPECT_EQ(facts.person, "anna");
    EXPECT_EQ(facts.tool, "http");
    EXPECT_EQ(facts.sent_bytes, 12U);
    EXPECT_EQ(facts.outcome, "ok");
    Event ended(EventKind::effect_ended);
    ended.set(Field::decision, "unknown").set(Field::outcome, "failed");
    EXPECT_EQ(story.take(recorded(ended)).person, "");
}

TEST(FactsTest, AFileIsFoundByItsWholePathOrItsLastParts) {
    const auto facts = facts_of(recorded(decision("d1", command)));
    for (const char* named : {"/p/notes/a.txt", "a.txt", "notes/a.txt", "run.sh"}) {
        EXPECT_TRUE(names_file(facts, named)) << named;
    }
    for (const char* other : {".txt", "otes/a.txt", "/q/run.sh", "c.txt"}) {
        EXPECT_FALSE(names_file(facts, other)) << other;
    }
}

TEST(FactsTest, SearchByFacetsReturnsTheWholeStoryNewestFirst) {
    const fixture::Folder folder;
    os::SystemRandom random;
    const base::ScriptedClock clock(5000);
    auto log =
        *Log::open(folder.log(), fixture::make_keys(), fixture::make_options(), {clock, random});
    ASSERT_TRUE(log->append_and_wait(decision("d1", command)));
    ASSERT_TRUE(log->append_and_wait(
        decision("d2", R"({"action":{"effect":"file.read","path":"/p/b.txt"}})")));
    ASSERT_TRUE(log->append_and_wait(
        Event(EventKind::effect_ended).set(Field::decision, "d1").set(Field::outcome, "done")));
    ASSERT_TRUE(log->checkpoint_and_wait());
    auto reader = *Reader::open(folder.log());
    const auto indexes = [&](const Facets& facets) {
        std::vector<std::uint64_t> found;
        const EventQuery query{.facets = facets};
        const auto records = reader.search_stories(query, 10);
        for (const auto& record : *records) found.push_back(record.index);
        return found;
    };
    EXPECT_EQ(indexes({.tool = "cat"}), (std::vector<std::uint64_t>{2, 0}));
    EXPECT_EQ(indexes({.tool = "run", .outcome = "done"}), (std::vector<std::uint64_t>{2}));
    EXPECT_EQ(indexes({.file = "b.txt"}), (std::vector<std::uint64_t>{2, 1, 0}));
    EXPECT_EQ(indexes({.person = "anna", .session = "s1"}).size(), 3U);
    EXPECT_TRUE(indexes({.host = "h.example"}).empty());
    EXPECT_EQ(reader.search_stories({}, 0).error().code, base::Code::invalid_input);
}

}  // namespace
}  // namespace hs::audit
