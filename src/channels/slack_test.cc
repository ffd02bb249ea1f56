#include "channels/slack.h"

#include <gtest/gtest.h>

namespace hs::channels {
namespace {

SlackEvent parsed(const std::string& text) {
    auto event = parse_slack(text, "UBOT");
    EXPECT_TRUE(event.ok());
    return event ? std::move(*event) : SlackEvent{};
}

SlackEvent said(const std::string& more, const std::string& payload = "") {
    return parsed(R"({"envelope_id":"e1","type":"events_api","payload":{"team_id":"T1",)" +
                  payload + R"("event":{"type":"message","channel":"C1","ts":"1.5","user":"U1")" +
                  more + "}}}");
}

TEST(Slack, WhatNobodySaidBeginsNothing) {
    for (const char* more :
         {R"(,"bot_id":"B1")", R"(,"subtype":"message_changed")", R"(,"subtype":"message_deleted")",
          R"(,"subtype":"channel_join")", R"(,"user":7)", R"(,"hidden":true,"subtype":"x")"}) {
        const std::string text = more;
        const auto event =
            text.find("\"user\"") == std::string::npos
                ? said(text)
                : parsed(R"({"envelope_id":"e","type":"events_api","payload":{"event":)"
                         R"({"type":"message","channel":"C1","ts":"1"})" +
                         std::string("}}"));
        EXPECT_FALSE(event.message) << more;
        EXPECT_FALSE(event.envelope.empty()) << "it is acknowledged all the same";
    }
    EXPECT_FALSE(parse_slack("no JSON", "UBOT").ok());
    EXPECT_FALSE(parsed(R"({"envelope_id":"e","type":"events_api","payload":{}})").message);
    EXPECT_EQ(parsed(R"({"envelope_id":"e","type":"new","payload":{}})").ignored,
              "an envelope of the type new");
    EXPECT_FALSE(
        parsed(R"({"envelope_id":"e","type":"interactive","payload":{"type":"x"}})").message);
}

TEST(Slack, TheTeamThatCountsIsTheSenders) {
    EXPECT_EQ(said("").message->from, (Account{"T1", "U1"}));
    EXPECT_EQ(said(R"(,"team":"T2")").message->from.tenant, "T2");
    EXPECT_EQ(said(R"(,"team":"T2","user_team":"T3")").message->from.tenant, "T3");
    EXPECT_TRUE(said("", R"("is_ext_shared_channel":true,)").message->is_shared);
}

TEST(Slack, AMessageHasItsPlaceAndItsWords) {
    const auto event =
        said(R"(,"text":"<@UBOT> read &lt;x&gt; at <https://e.org|e> &amp; <#C2|c>")");
    ASSERT_TRUE(event.message);
    EXPECT_EQ(event.message->text, " read <x> at https://e.org & #C2");
    EXPECT_TRUE(event.message->is_named);
    EXPECT_EQ(event.message->id, "C1:1.5");
    EXPECT_EQ(event.message->spot, (Spot{"C1", "1.5"})) << "a question in a group begins a thread";
    EXPECT_EQ(said(R"(,"thread_ts":"1.1")").message->spot.thread, "1.1");
    const auto direct = said(R"(,"channel_type":"im","text":"hi")");
    EXPECT_EQ(direct.message->spot.thread, "");
    EXPECT_TRUE(direct.message->is_direct);
    EXPECT_FALSE(direct.message->is_named);
}

TEST(Slack, ACommandIsAMessageToUs) {
    const auto event = parsed(
        R"({"envelope_id":"e","type":"slash_commands","payload":{"team_id":"T1","user_id":"U1",)"
        R"("channel_id":"C1","channel_name":"general","trigger_id":"9.9","text":"help"}})");
    ASSERT_TRUE(event.message);
    EXPECT_EQ(event.message->id, "command:9.9");
    EXPECT_TRUE(event.message->is_named);
}

}  // namespace
}  // namespace hs::channels
