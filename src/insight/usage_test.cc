// Counting what the log says, and a page that no text can break out of.
#include "insight/usage.h"

#include <gtest/gtest.h>

namespace hs::insight {
namespace {

using audit::Event;
using audit::EventKind;
using audit::Field;

audit::EventFacts facts(audit::Story& story, const Event& event, base::WallTime_ms time_ms = 1000) {
    return story.take(*audit::parse_event(*event.encode(time_ms)));
}

Event decision(const char* id, const char* outcome, const char* action) {
    Event event(EventKind::decision);
    event.set(Field::decision, id).set(Field::outcome, outcome).set(Field::person, "anna");
    event.detail("request", *wire::parse_json("{\"action\":" + std::string(action) + "}"));
    return event;
}

TEST(UsageTest, DecisionsBytesAndCostsAreCountedUnderTheirKey) {
    audit::Story story;
    UsageCount hosts(Dimension::host);
    UsageCount people(Dimension::person);
    UsageCount tools(Dimension::tool);
    const auto add = [&](const Event& event) {
        const auto known = facts(story, event);
        hosts.add(known);
        people.add(known);
        tools.add(known);
    };
    add(decision("d1", "allow", R"({"effect":"http","host":"h.example"})"));
    add(decision("d2", "deny", R"({"effect":"http","host":"h.example"})"));
    add(decision("d3", "ask", R"({"effect":"run","executable":"/usr/bin/make"})"));
    Event connection(EventKind::connection);
    add(connection.detail("decision", "d1").detail("host", "h.example").detail("sent_bytes", 70));
    Event answer(EventKind::message_out);
    answer.set(Field::person, "anna").set(Field::provider, "p");
    add(answer.detail("input_tokens", 12).detail("cost_micro", 34'999));
    ASSERT_EQ(hosts.rows().size(), 1U);
    const UsageRow host = hosts.rows().front();
    EXPECT_EQ(host.asked_for, 2U);
    EXPECT_EQ(host.allowed, 1U);
    EXPECT_EQ(host.denied, 1U);
    EXPECT_EQ(host.sent_bytes, 70U);
    const UsageRow person = people.rows().front();
    EXPECT_EQ(person.asked_for, 3U);
    EXPECT_EQ(person.held, 1U);
    EXPECT_EQ(person.input_tokens, 12U);
    EXPECT_EQ(cost_text(person.cost_micro), "0.03");
    EXPECT_EQ(tools.rows().front().key, "http");
    EXPECT_EQ(tools.rows().back().key, "make");
}

TEST(UsageTest, EveryDimensionHasOneName) {
    for (int i = 0; i <= static_cast<int>(Dimension::day); ++i) {
        const auto dimension = static_cast<Dimension>(i);
        EXPECT_EQ(parse_dimension(dimension_name(dimension)), dimension);
    }
    EXPECT_FALSE(parse_dimension("colour"));
}

TEST(UsageTest, NoTextBreaksOutOfThePage) {
    UsageRow row;
    row.key = "<script>alert('x')</script>\"&\x01";
    const std::string page = usage_page({{Dimension::host, {row}}}, "<b>title");
    EXPECT_EQ(page.find("<script"), std::string::npos);
    EXPECT_EQ(page.find("<b>"), std::string::npos);
    EXPECT_NE(page.find("&lt;script&gt;alert(&#39;x&#39;)"), std::string::npos);
    EXPECT_NE(page.find("default-src 'none'"), std::string::npos);
}

}  // namespace
}  // namespace hs::insight
