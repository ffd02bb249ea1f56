// What Telegram and Discord send, read.
#include <gtest/gtest.h>

#include "channels/discord.h"
#include "channels/telegram.h"

namespace hs::channels {
namespace {

std::optional<Incoming> telegram(const std::string& message) {
    const auto updates = parse_telegram(
        R"({"ok":true,"result":[{"update_id":4,"message":)" + message + "}]}", "7", "our_bot");
    EXPECT_TRUE(updates.ok());
    return updates && !updates->empty() ? updates->front().message : std::nullopt;
}

TEST(Telegram, WhatNoPersonSaidBeginsNothing) {
    EXPECT_FALSE(telegram(R"({"message_id":1,"chat":{"id":1}})"));
    EXPECT_FALSE(telegram(R"({"message_id":1,"chat":{"id":1},"from":{"id":2,"is_bot":true}})"));
    EXPECT_FALSE(telegram(R"({"message_id":1,"chat":{"id":1},"from":{"id":7}})"));
    EXPECT_FALSE(
        telegram(R"({"message_id":1,"chat":{"id":1},"from":{"id":2},"sender_chat":{"id":-1}})"));
    EXPECT_FALSE(telegram(R"({"message_id":1,"chat":{"id":"1"},"from":{"id":2}})"));
    EXPECT_EQ(parse_telegram(R"({"ok":false,"error_code":409,"description":"Conflict"})", "7", "")
                  .error()
                  .code,
              base::Code::denied);
    EXPECT_FALSE(parse_telegram("[]", "7", "").ok());
}

TEST(Telegram, AForwardedMessageIsAStrangersWord) {
    const auto message = telegram(
        R"({"message_id":3,"chat":{"id":-5,"type":"group"},"from":{"id":2},"text":"@our_bot hi",)"
        R"("forward_origin":{"type":"user"}})");
    ASSERT_TRUE(message);
    EXPECT_TRUE(message->is_passed_on);
    EXPECT_TRUE(message->is_named);
    EXPECT_FALSE(message->is_direct);
    EXPECT_EQ(message->text, " hi");
    EXPECT_EQ(message->id, "-5:3");
}

std::optional<Incoming> discord(const std::string& more) {
    const auto event = parse_discord(
        R"({"op":0,"s":2,"t":"MESSAGE_CREATE","d":{"id":"11","channel_id":"12","type":0,)" + more +
            "}}",
        "77");
    EXPECT_TRUE(event.ok());
    return event ? event->message : std::nullopt;
}

TEST(Discord, WhatNoPersonSaidBeginsNothing) {
    EXPECT_FALSE(discord(R"("author":{"id":"5","bot":true})"));
    EXPECT_FALSE(discord(R"("author":{"id":"77"})"));
    EXPECT_FALSE(discord(R"("author":{"id":"5"},"webhook_id":"9")"));
    EXPECT_FALSE(discord(R"("author":{"id":"../x"})"));
    EXPECT_FALSE(parse_discord("{}", "77").ok());
    EXPECT_FALSE(parse_discord("no JSON", "77").ok());
}

TEST(Discord, AMessageHasItsPlaceAndItsWords) {
    const auto message = discord(
        R"("guild_id":"1","author":{"id":"5"},"content":"<@77> hi","mentions":[{"id":"77"}])");
    ASSERT_TRUE(message);
    EXPECT_TRUE(message->is_named);
    EXPECT_FALSE(message->is_direct);
    EXPECT_EQ(message->text, " hi");
    EXPECT_TRUE(discord(R"("author":{"id":"5"},"content":"x")")->is_direct);
    EXPECT_TRUE(discord(R"("author":{"id":"5"},"message_reference":{"type":1})")->is_passed_on);
}

TEST(Discord, ReadsTheGatewaysOwnWords) {
    EXPECT_EQ(parse_discord(R"({"op":10,"d":{"heartbeat_interval":41250}})", "")->heartbeat_ms,
              41'250);
    EXPECT_TRUE(parse_discord(R"({"op":9,"d":true})", "")->can_resume);
    EXPECT_FALSE(parse_discord(R"({"op":9,"d":false})", "")->can_resume);
    const auto press = parse_discord(
        R"({"op":0,"t":"INTERACTION_CREATE","d":{"id":"3","token":"t","type":3}})", "77");
    EXPECT_EQ(press->interaction, "3");
    EXPECT_EQ(press->interaction_token, "t");
}

}  // namespace
}  // namespace hs::channels
