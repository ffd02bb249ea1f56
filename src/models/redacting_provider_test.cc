#include "models/redacting_provider.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gate/action.h"
#include "models/assembly.h"
#include "models/testing/scripted_transport.h"

namespace hs::models {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr char secret_url[] = "postgres://bob:kQ83hfPw92ab@db/x";
constexpr char secret_part[] = "kQ83hfPw92ab";

// Says what it was told, in pieces of three bytes, and calls a tool with it.
class EchoProvider : public Provider {
  public:
    std::string_view name() const override { return "echo"; }
    Reply complete(const ChatRequest& request, EventSink& sink, const Stop&) override {
        heard.clear();
        for (const Message& message : request.messages) heard += text_of(message);
        label = request.caller->label;
        redacted = request.redacted;
        Reply reply;
        if (wants_personal && !request.redacted.personal) {
            *request.redacted.asked_personal = true;
            reply.trouble = Trouble{};
            return reply;
        }
        for (std::size_t at = 0; at < heard.size(); at += 3) {
            sink.on_event(TextDelta{0, std::string_view(heard).substr(at, 3)});
        }
        wire::Json arguments;
        arguments["argv"].push(wire::Json(heard));
        reply.answer.message.parts.push_back(TextPart{heard});
        reply.answer.message.parts.push_back(ToolCallPart{"1", "run", arguments, "", ""});
        return reply;
    }
    std::string heard;
    flow::Label label;
    Redacted redacted;
    bool wants_personal = false;
};

struct TextOnly : EventSink {
    void on_event(const ChatEvent& event) override {
        if (const auto* delta = std::get_if<TextDelta>(&event)) text += delta->text;
    }
    std::string text;
};

struct Scene {
    std::shared_ptr<EchoProvider> echo = std::make_shared<EchoProvider>();
    std::unique_ptr<RedactingProvider> provider = std::make_unique<RedactingProvider>(echo);
    gate::Circumstances caller;
    TextOnly sink;
    base::ScriptedClock clock{0};
    testing::ScriptedStop stop{clock};

    void provider_of(RedactingProvider::Personal personal) {
        provider = std::make_unique<RedactingProvider>(echo, personal);
    }
    Reply ask(const std::string& text) {
        ChatRequest request;
        request.messages = {user_text(text)};
        request.caller = &caller;
        return provider->complete(request, sink, stop);
    }
};

TEST(RedactingProvider, TheProviderNeverSeesItAndTheToolDoes) {
    Scene scene;
    scene.caller.session = "s";
    scene.caller.label.classes = {flow::DataClass::internal, flow::DataClass::credential};
    const std::string said = std::string("connect to ") + secret_url + " now";
    const Reply reply = scene.ask(said);
    EXPECT_THAT(scene.echo->heard, Not(HasSubstr(secret_part)));
    EXPECT_THAT(scene.echo->heard, HasSubstr("[[HS_postgres-connection-string_1]]"));
    EXPECT_EQ(scene.echo->label, scene.caller.label) << "what still counts is the gate's to say";
    EXPECT_EQ(scene.echo->redacted.secrets_replaced, 1);
    ASSERT_EQ(scene.echo->redacted.places.size(), 1U);
    EXPECT_EQ(scene.echo->redacted.places[0].message, 0);
    EXPECT_EQ(
        scene.echo->redacted.places[0].kinds,
        (std::map<std::string, std::int64_t, std::less<>>{{"postgres-connection-string", 1}}));
    EXPECT_EQ(scene.sink.text, said);
    EXPECT_EQ(text_of(reply.answer.message), said);
    const auto& call = std::get<ToolCallPart>(reply.answer.message.parts[1]);
    EXPECT_EQ(*(*call.arguments.find("argv")->array())[0].text(), said);
    const std::string first = scene.echo->heard;
    static_cast<void>(scene.ask(said));
    EXPECT_EQ(scene.echo->heard, first) << "a session's placeholders are stable";
}

// Who writes a placeholder's beginning has not had a secret replaced.
TEST(RedactingProvider, WhatOnlyLooksLikeAPlaceholderCountsForNothing) {
    Scene scene;
    scene.caller.label.classes = {flow::DataClass::credential};
    static_cast<void>(scene.ask("[[HS_x_1]] is written so"));
    EXPECT_EQ(scene.echo->redacted.secrets_replaced, 0);
    EXPECT_TRUE(scene.echo->redacted.places.empty());
    EXPECT_TRUE(scene.echo->label.classes.has(flow::DataClass::credential));
}

TEST(RedactingProvider, PersonalDataInEveryCallWhereTheProviderAcceptsItOnlyReplaced) {
    Scene scene;
    scene.provider_of(RedactingProvider::Personal::always);
    static_cast<void>(scene.ask("pay to GB33BUKB20201555555555"));
    EXPECT_EQ(scene.echo->heard, "pay to [[HS_iban_1]]");
    EXPECT_EQ(scene.echo->redacted.personal_replaced, 1);
}

TEST(RedactingProvider, PersonalDataWherePolicyObliges) {
    Scene scene;
    const std::string said = "pay to GB33BUKB20201555555555";
    static_cast<void>(scene.ask(said));
    EXPECT_EQ(scene.echo->heard, said);
    scene.echo->wants_personal = true;
    const Reply reply = scene.ask(said);
    EXPECT_TRUE(reply.ok());
    EXPECT_EQ(scene.echo->heard, "pay to [[HS_iban_1]]");
    EXPECT_EQ(text_of(reply.answer.message), said);
}

}  // namespace
}  // namespace hs::models
