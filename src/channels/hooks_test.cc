// What WhatsApp and a webhook of the person's own send, read.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "channels/listening.h"
#include "channels/webhook.h"
#include "channels/whatsapp.h"

namespace hs::channels {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
constexpr base::WallTime_ms now_ms = 1'700'000'000'000;

WhatsAppNews whatsapp(const std::string& value, const std::string& field = "messages") {
    const auto news = parse_whatsapp(
        R"({"object":"whatsapp_business_account","entry":[{"changes":[{"field":")" + field +
            R"(","value":{"metadata":{"phone_number_id":"1065"},)" + value + "}}]}]}",
        "1065", now_ms);
    EXPECT_TRUE(news.ok()) << news.error().what;
    return news ? *news : WhatsAppNews{};
}

std::vector<Incoming> messages(const std::string& more) {
    return whatsapp(R"("messages":[{"id":"wamid.1","from":"1631","timestamp":"1699999999",)" +
                    more + "}]")
        .messages;
}

TEST(WhatsApp, WhatNoPersonSaidToUsBeginsNothing) {
    const std::string text = R"("type":"text","text":{"body":"x"})";
    EXPECT_EQ(messages(text).size(), 1U);
    EXPECT_FALSE(
        parse_whatsapp(R"({"object":"page","object":"whatsapp_business_account"})", "1065", now_ms)
            .ok())
        << "a member that stands twice";
    EXPECT_EQ(whatsapp(R"("messages":[{"id":"w","timestamp":"1699999999",)" + text + "}]")
                  .messages.size(),
              0U);
    EXPECT_EQ(
        whatsapp(R"("messages":[{"id":"w","from":"1","timestamp":"1699999999",)" + text + "}]",
                 "smb_message_echoes")
            .messages.size(),
        0U);
    EXPECT_EQ(messages(R"("type":"reaction")").size(), 0U);
    EXPECT_EQ(messages(R"("type":"interactive","interactive":{})").size(), 0U);
    EXPECT_FALSE(parse_whatsapp("{}", "1065", now_ms).ok());
    EXPECT_FALSE(parse_whatsapp("no JSON", "1065", now_ms).ok());
    EXPECT_FALSE(parse_whatsapp(R"({"object":"page"})", "1065", now_ms).ok());
}

TEST(WhatsApp, OldAndFutureMessagesAreRefusedByName) {
    for (const char* at : {"1699395199", "1700000301", "", "x", "99999999999999"}) {
        const auto news = whatsapp(R"("messages":[{"id":"w","from":"1","timestamp":")" +
                                   std::string(at) + R"(","type":"text","text":{"body":"x"}}])");
        EXPECT_EQ(news.messages.size(), 0U) << at;
        EXPECT_THAT(news.notes, Contains(HasSubstr("a week old"))) << at;
    }
}

TEST(WhatsApp, AForwardedMessageIsAStrangersWordAndAStatusTellsOurKey) {
    const auto passed =
        messages(R"("type":"text","text":{"body":"x"},"context":{"forwarded":true})");
    ASSERT_EQ(passed.size(), 1U);
    EXPECT_TRUE(passed[0].is_passed_on);
    EXPECT_TRUE(passed[0].is_direct);
    const auto news = whatsapp(
        R"("statuses":[{"id":"wamid.9","status":"delivered","biz_opaque_callback_data":"mkey"},)"
        R"({"id":"wamid.8","status":"failed","errors":[{"code":131026,"title":"Undeliverable"}]}])");
    ASSERT_EQ(news.seen.size(), 1U);
    EXPECT_EQ(news.seen[0], (std::pair<std::string, std::string>{"mkey", "wamid.9"}));
    EXPECT_THAT(news.notes, Contains(HasSubstr("131026 Undeliverable")));
}

TEST(Webhook, AMessageNamesItsUserAndItsPlace) {
    const auto read = [](const std::string& text) { return parse_webhook("msg_1", text); };
    const auto message =
        read(R"({"type":"message","data":{"tenant":"t","user":"ada","conversation":"c",)"
             R"("thread":"9","text":"hello","direct":true}})");
    ASSERT_TRUE(message.ok()) << message.error().what;
    EXPECT_EQ(message->from, (Account{"t", "ada"}));
    EXPECT_EQ(message->spot, (Spot{"c", "9"}));
    EXPECT_TRUE(message->is_direct);
    for (const char* bad : {R"({"type":"message","data":{"user":"ada"}})",
                            R"({"type":"message","data":{"conversation":"c","text":"x"}})",
                            R"({"type":"message","data":{"user":"a b","conversation":"c"}})",
                            R"({"type":"message","data":{"user":7,"conversation":"c"}})",
                            R"({"type":"message","data":[]})", R"({"type":"other","data":{}})",
                            R"({"data":{}})", "[]", ""}) {
        EXPECT_FALSE(read(bad).ok()) << bad;
    }
    EXPECT_FALSE(parse_webhook("", R"({"type":"message","data":{}})").ok());
}

TEST(Webhook, AScheduleIsBegunByNameWithAShortText) {
    const auto begun = parse_webhook(
        "msg_1", R"({"type":"schedule.begin","data":{"schedule":"look","text":"disk full"}})");
    ASSERT_TRUE(begun.ok()) << begun.error().what;
    EXPECT_EQ(begun->schedule, "look");
    EXPECT_EQ(begun->text, "disk full");
    EXPECT_FALSE(parse_webhook("m", R"({"type":"schedule.begin","data":{}})").ok());
    EXPECT_FALSE(
        parse_webhook("m", R"({"type":"schedule.begin","data":{"schedule":"look","text":")" +
                               std::string(4'097, 'x') + "\"}}")
            .ok());
}

TEST(Listening, ARequestIsKeptWhenAllOfItIs) {
    int told = -1;
    const auto tell = [&](bool kept) { told = kept ? 1 : 0; };
    static_cast<void>(AllKept::of(0, tell));
    EXPECT_EQ(told, 1) << "nothing to keep";
    told = -1;
    auto one = AllKept::of(2, tell);
    one({});
    EXPECT_EQ(told, -1);
    one(base::fail(base::Code::exhausted, "full"));
    EXPECT_EQ(told, 0);
    one({});
    EXPECT_EQ(told, 0) << "told once";
}

}  // namespace
}  // namespace hs::channels
