// Replays what tests/peers/fake_models.mjs sends, which the official clients read alike
// (tests/peers/prove_fake_models.mjs): our clients must read the same from it.
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "models/anthropic.h"
#include "models/http_provider.h"
#include "models/openai.h"
#include "models/testing/scripted_transport.h"

namespace hs::models {
namespace {

std::string recorded(const std::string& name) {
    std::ifstream file(std::string(HS_TESTDATA) + "/" + name);
    EXPECT_TRUE(file) << name;
    std::stringstream text;
    text << file.rdbuf();
    return text.str();
}

Answer replay(std::unique_ptr<Dialect> dialect, const std::string& name) {
    base::ScriptedClock clock(0);
    testing::ScriptedTransport transport(clock);
    testing::ScriptedStop stop(clock);
    const bool streamed = name.ends_with(".sse");
    transport.answers.push_back(
        {.headers = {{"content-type", streamed ? "text/event-stream" : "application/json"}},
         .body = recorded(name),
         .chunk_bytes = 5});
    ChatRequest request;
    request.tools = {{"shell_run", "Runs a program.", wire::JsonObject{{"type", "object"}}}};
    testing::RecordingSink sink;
    HttpProvider provider({"fake", streamed ? Delivery::stream : Delivery::whole, {}, {}},
                          std::move(dialect), transport, clock);
    Reply reply = provider.complete(request, sink, stop);
    EXPECT_TRUE(reply.ok()) << name << ": " << reply.trouble->what;
    return std::move(reply.answer);
}

std::unique_ptr<Dialect> anthropic() {
    return std::make_unique<Anthropic>(
        AnthropicConfig{*wire::parse_url("http://127.0.0.1/v1/messages"), "", {}});
}
std::unique_ptr<Dialect> openai() {
    return std::make_unique<OpenAi>(OpenAiConfig{
        *wire::parse_url("http://127.0.0.1/v1/chat/completions"), OpenAiServer::other, "", {}});
}

// Text, the first call whole, usage and finish, which both formats and both ways carry alike.
void expect_the_turn(const Answer& answer) {
    EXPECT_EQ(text_of(answer.message), "Running  both. é😀\n");
    EXPECT_EQ(answer.finish, Finish::tool_calls);
    EXPECT_EQ(answer.usage.output, 12);
    EXPECT_GT(answer.usage.input, 10);
    std::vector<ToolCallPart> calls;
    std::string thinking;
    for (const Part& part : answer.message.parts) {
        if (const auto* call = std::get_if<ToolCallPart>(&part)) calls.push_back(*call);
        if (const auto* thought = std::get_if<ThinkingPart>(&part)) thinking += thought->text;
    }
    EXPECT_EQ(thinking, "Let me see.");
    ASSERT_EQ(calls.size(), 2U);
    EXPECT_EQ(calls[0].id, "call_1");
    EXPECT_EQ(wire::canonical_json(calls[0].arguments), R"({"argv":["uname","-a"]})");
    EXPECT_EQ(calls[0].problem, "");
    EXPECT_EQ(calls[1].id, "call_2");
}

TEST(Replay, BothFormatsStreamedAndWholeReadTheSameTurn) {
    for (const char* name : {"fake_anthropic.sse", "fake_anthropic.json"}) {
        const Answer answer = replay(anthropic(), name);
        expect_the_turn(answer);
        EXPECT_EQ(std::get<ThinkingPart>(answer.message.parts[0]).signature, "c2lnbmVk");
        EXPECT_EQ(std::get<ThinkingPart>(answer.message.parts[1]).redacted, "b3BhcXVl");
    }
    for (const char* name : {"fake_openai.sse", "fake_openai.json"}) {
        const Answer answer = replay(openai(), name);
        expect_the_turn(answer);
        const auto& bad = std::get<ToolCallPart>(answer.message.parts.back());
        EXPECT_NE(bad.problem.find("You wrote: {\"argv\": [oops"), std::string::npos);
    }
}

}  // namespace
}  // namespace hs::models
