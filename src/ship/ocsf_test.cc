// Every kind of event, with and without what it may hold, against the schema of OCSF 1.8.0.
#include "ship/ocsf.h"

#include <gtest/gtest.h>

#include "ship/redact.h"
#include "ship/tags.h"
#include "ship/testing/schema_check.h"

namespace hs::ship {
namespace {

using audit::Event;
using audit::EventKind;
using audit::Field;
using wire::Json;

const std::string leaf(64, 'a');

audit::RecordedEvent recorded(const Event& event) {
    return *audit::parse_event(*event.encode(1'700'000'000'000));
}

Json body_of(const audit::RecordedEvent& event, const audit::EventFacts& facts) {
    const StreamPlace place{"test.example/log", 41, 40, true};
    const Machine machine{"laptop-7", "0.1.0"};
    return ocsf_body({event, facts, place, machine, severity_of(event), leaf});
}

Event decision(const char* outcome, const char* request) {
    Event event(EventKind::decision);
    event.set(Field::decision, "d1").set(Field::outcome, outcome).set(Field::person, "anna");
    event.set(Field::session, "s1").set(Field::agent, "main").set(Field::space, "work");
    event.set(Field::reason, "because").set(Field::policy, "p1");
    event.detail("request", *wire::parse_json(request));
    return event;
}

std::vector<Event> samples() {
    std::vector<Event> all;
    for (int kind = 0; kind <= static_cast<int>(EventKind::leaver); ++kind) {
        const auto which = static_cast<EventKind>(kind);
        all.emplace_back(which);
        for (const char* outcome : {"ok", "failed", "deny", "refused", "opened", "closed", "lifted",
                                    "consent", "refusal", "placed", "ask"}) {
            all.push_back(Event(which)
                              .set(Field::outcome, outcome)
                              .set(Field::id, "i1")
                              .set(Field::person, "anna")
                              .set(Field::process, "hardshelld")
                              .set(Field::secret, "s")
                              .set(Field::host, "h.example")
                              .set(Field::model, "m")
                              .set(Field::reason, "why")
                              .detail("rule", "host.first")
                              .detail("severity", "high"));
        }
    }
    const char* label = R"("question":{"label":{"integrity":"untrusted","classes":["personal"]}})";
    for (
        const char* action :
        {R"({"effect":"run","executable":"/usr/bin/cat","executable_sha256":"ab","argv":["cat","x"],"working_directory":"/p"})",
         R"({"effect":"file.read","path":"/p/a","what":"listing"})",
         R"({"effect":"file.read","path":"/","what":"content"})",
         R"({"effect":"file.write","path":"/p/a","operation":"create","content_sha256":"cd"})",
         R"({"effect":"file.write","path":"/p/a","operation":"remove"})",
         R"({"effect":"http","host":"h.example","port":443,"method":"PATCH","scheme":"https","target":"/a?b"})",
         R"({"effect":"http","host":"h.example","port":99999999,"method":"BREW"})",
         R"({"effect":"infer","provider":"p","model":"m"})", R"({"effect":"configure"})",
         R"({"effect":5,"argv":7})"}) {
        for (const char* outcome : {"allow", "ask", "deny"}) {
            all.push_back(decision(
                outcome, ("{\"action\":" + std::string(action) + "," + label + "}").c_str()));
        }
    }
    Event connection(EventKind::connection);
    connection.detail("decision", "d1").detail("host", "h.example").detail("method", "GET");
    connection.detail("status", 200).detail("sent_bytes", 1).detail("received_bytes", 2);
    connection.detail("duration_ms", 3).detail("port", 443).detail("scheme", "https");
    all.push_back(connection.detail("path", "/x"));
    Event broken(EventKind::connection);
    broken.detail("error", *wire::parse_json(R"({"code":"tls_failed","what":"no"})"));
    all.push_back(broken);
    return all;
}

TEST(OcsfTest, EveryKindOfEventFitsTheSchema) {
    const std::string path = testing::corpora("ocsf");
    if (path.empty()) GTEST_SKIP() << "no test data: HARDSHELL_CORPORA";
    testing::SchemaCheck check(path + "/ocsf-1.8.0.json");
    audit::Story story;
    std::size_t count = 0;
    for (const Event& sample : samples()) {
        const auto event = recorded(sample);
        const Json body = body_of(event, story.take(event));
        for (const std::string& problem : check.problems(body)) {
            ADD_FAILURE() << audit::kind_name(event.kind) << ": " << problem << "\n"
                          << wire::canonical_json(body);
        }
        ++count;
    }
    EXPECT_GT(count, 300U);
}

TEST(OcsfTest, TheCheckItselfFindsWhatIsWrong) {
    const std::string path = testing::corpora("ocsf");
    if (path.empty()) GTEST_SKIP() << "no test data: HARDSHELL_CORPORA";
    testing::SchemaCheck check(path + "/ocsf-1.8.0.json");
    const auto event = recorded(decision("allow", R"({"action":{"effect":"http","host":"h"}})"));
    const Json good = body_of(event, facts_of(event));
    ASSERT_TRUE(check.problems(good).empty());
    Json bad = good;
    bad["nonsense"] = 1;
    EXPECT_EQ(check.problems(bad).size(), 1U);
    bad = good;
    bad["severity_id"] = 42;
    EXPECT_EQ(check.problems(bad).size(), 1U);
    bad = good;
    bad.object()->erase("http_request");
    EXPECT_EQ(check.problems(bad).size(), 1U);
    bad = good;
    bad["time"] = "now";
    EXPECT_EQ(check.problems(bad).size(), 1U);
    bad = good;
    bad["metadata"]["profiles"].push("ai_operation");
    EXPECT_EQ(check.problems(bad).size(), 1U);
}

TEST(OcsfTest, ItsPlaceInTheStreamAndItsHashAreThere) {
    const auto event = recorded(Event(EventKind::doctor));
    const Json body = body_of(event, facts_of(event));
    EXPECT_EQ(*body.find("metadata")->find("sequence")->integer(), 41);
    const Json& place = *body.find("unmapped")->find("hardshell");
    EXPECT_EQ(*place.find("prev")->integer(), 40);
    EXPECT_TRUE(*place.find("again")->boolean());
    EXPECT_NE(wire::canonical_json(body).find(leaf), std::string::npos);
}

TEST(OcsfTest, AQueryIsNeverShipped) {
    const auto event = recorded(decision(
        "allow", R"({"action":{"effect":"http","host":"h","target":"/a?token=planted"}})"));
    EXPECT_EQ(wire::canonical_json(body_of(event, facts_of(event))).find("planted"),
              std::string::npos);
}

TEST(RedactTest, WhatIsNamedIsGoneEverywhereAndEqualStaysEqual) {
    const char* request =
        R"({"action":{"effect":"run","executable":"/home/anna/x","argv":["x","secret-word"],
            "working_directory":"/home/anna","host":"h.example"},
            "question":{"person":"anna","label":{"principals":["anna"]},
            "project":{"name":"/home/anna/p","use":"unclassified"},"target":{"path":"/home/anna/p"}}})";
    base::ScriptedRandom random(1);
    const auto key = crypto::SecretBytes::random(32, random);
    const Redaction all({"person", "path", "host", "command", "reason"},
                        crypto::SecretBytes::copy_of(key.view()));
    const auto event = recorded(decision("allow", request));
    const auto redacted = all.apply(event);
    const std::string text = wire::canonical_json(redacted.json);
    for (const char* word : {"anna", "secret-word", "h.example", "because", "/home"}) {
        EXPECT_EQ(text.find(word), std::string::npos) << word;
    }
    EXPECT_NE(text.find("\"effect\":\"run\""), std::string::npos);
    EXPECT_EQ(redacted.text(Field::person),
              audit::Pseudonyms(crypto::SecretBytes::copy_of(key.view())).of("anna"));
    EXPECT_EQ(wire::canonical_json(all.apply(redacted).json), text) << "it is not hashed twice";
    const Redaction request_only({"request"}, crypto::SecretBytes::copy_of(key.view()));
    EXPECT_EQ(wire::canonical_json(request_only.apply(event).json).find("secret-word"),
              std::string::npos);
    const Redaction none({}, crypto::SecretBytes::copy_of(key.view()));
    EXPECT_EQ(wire::canonical_json(none.apply(event).json), wire::canonical_json(event.json));
}

TEST(TagsTest, ADeniedReadUnderUntrustedWordsIsTaggedAsInjectionAndHarvesting) {
    const auto event =
        recorded(decision("deny", R"({"action":{"effect":"file.read","path":"/p/.env"},
                    "question":{"label":{"integrity":"untrusted"}}})"));
    const Tags tags = tags_of(event, facts_of(event));
    EXPECT_EQ(tags.owasp, (std::vector<std::string>{"ASI01", "ASI03", "LLM01", "LLM02"}));
    ASSERT_EQ(tags.atlas.size(), 2U);
    EXPECT_EQ(tags.atlas[0].uid, "AML.T0098");
    EXPECT_EQ(tags.atlas[1].uid, "AML.T0051.001");
    EXPECT_EQ(severity_of(event), Severity::medium);
    EXPECT_TRUE(tags_of(recorded(Event(EventKind::doctor)), {}).owasp.empty());
}

}  // namespace
}  // namespace hs::ship
