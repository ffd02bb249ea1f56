#include "models/anthropic.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "models/http_provider.h"
#include "models/testing/scripted_transport.h"

namespace hs::models {
namespace {

using testing::RecordingSink;
using testing::ScriptedAnswer;
using testing::ScriptedStop;
using testing::ScriptedTransport;
using wire::Json;

ChatRequest hello() {
    ChatRequest request;
    request.model = "claude-x";
    request.system = "You help.";
    request.messages = {user_text("hello")};
    request.tools = {{"files_read", "Reads a file.", *wire::parse_json(R"({"type":"object"})")},
                     {"shell_run", "Runs a program.", *wire::parse_json(R"({"type":"object"})")}};
    return request;
}

struct Outcome {
    Reply reply;
    RecordingSink sink;
    HttpRequest request;
};

Outcome run(ScriptedAnswer answer, const ChatRequest& chat = hello(),
            Delivery delivery = Delivery::stream) {
    base::ScriptedClock clock(1'000'000);
    ScriptedTransport transport(clock);
    ScriptedStop stop(clock);
    transport.answers.push_back(std::move(answer));
    HttpProvider provider(
        {"anthropic", delivery, {}, {}},
        std::make_unique<Anthropic>(AnthropicConfig{
            *wire::parse_url("https://api.anthropic.com/v1/messages"), "anthropic", {}}),
        transport, clock);
    Outcome out;
    out.reply = provider.complete(chat, out.sink, stop);
    out.request = transport.requests.front();
    return out;
}

std::string event(std::string_view json) {
    const auto value = wire::parse_json(json);
    return fmt::format("event: {}\ndata: {}\n\n", *wire::text_at(*value, "type"), json);
}

// Thinking, a redacted block, text and two calls at once, with pings between.
std::string long_stream() {
    std::string out;
    for (
        const std::string_view json :
        {R"({"type":"message_start","message":{"id":"msg_1","type":"message","role":"assistant","model":"claude-x-2","content":[],"stop_reason":null,"usage":{"input_tokens":25,"cache_creation_input_tokens":7,"cache_read_input_tokens":900,"output_tokens":1}}})",
         R"({"type":"content_block_start","index":0,"content_block":{"type":"thinking","thinking":"","signature":""}})",
         R"({"type":"ping"})",
         R"({"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"Let me "}})",
         R"({"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"see é."}})",
         R"({"type":"content_block_delta","index":0,"delta":{"type":"signature_delta","signature":"EqQBCg=="}})",
         R"({"type":"content_block_stop","index":0})",
         R"({"type":"content_block_start","index":1,"content_block":{"type":"redacted_thinking","data":"opaque+/="}})",
         R"({"type":"content_block_stop","index":1})",
         R"({"type":"content_block_start","index":2,"content_block":{"type":"text","text":""}})",
         R"({"type":"content_block_delta","index":2,"delta":{"type":"text_delta","text":"I read "}})",
         R"({"type":"content_block_delta","index":2,"delta":{"type":"text_delta","text":"two files. \ud83d\ude00"}})",
         R"({"type":"content_block_stop","index":2})",
         R"({"type":"content_block_start","index":3,"content_block":{"type":"tool_use","id":"toolu_1","name":"files_read","input":{}}})",
         R"({"type":"content_block_delta","index":3,"delta":{"type":"input_json_delta","partial_json":""}})",
         R"({"type":"content_block_delta","index":3,"delta":{"type":"input_json_delta","partial_json":"{\"path\": \"a"}})",
         R"({"type":"content_block_delta","index":3,"delta":{"type":"input_json_delta","partial_json":".txt\"}"}})",
         R"({"type":"content_block_stop","index":3})",
         R"({"type":"content_block_start","index":4,"content_block":{"type":"tool_use","id":"toolu_2","name":"shell_run","input":{}}})",
         R"({"type":"content_block_stop","index":4})",
         R"({"type":"something_new","index":4})",
         R"({"type":"message_delta","delta":{"stop_reason":"tool_use","stop_sequence":null},"usage":{"output_tokens":89}})",
         R"({"type":"message_stop"})"}) {
        out += event(json);
    }
    return out;
}

TEST(Anthropic, ReadsAStreamSplitAtEveryPosition) {
    const std::string stream = long_stream();
    const Answer whole = run({.body = stream}).reply.answer;
    ASSERT_EQ(whole.message.parts.size(), 5U);
    EXPECT_EQ(std::get<ThinkingPart>(whole.message.parts[0]),
              (ThinkingPart{"anthropic", "Let me see é.", "EqQBCg==", ""}));
    EXPECT_EQ(std::get<ThinkingPart>(whole.message.parts[1]),
              (ThinkingPart{"anthropic", "", "", "opaque+/="}));
    EXPECT_EQ(std::get<TextPart>(whole.message.parts[2]).text, "I read two files. 😀");
    const auto& call = std::get<ToolCallPart>(whole.message.parts[3]);
    EXPECT_EQ(call.id, "toolu_1");
    EXPECT_EQ(wire::canonical_json(call.arguments), R"({"path":"a.txt"})");
    EXPECT_EQ(call.problem, "");
    EXPECT_EQ(wire::canonical_json(std::get<ToolCallPart>(whole.message.parts[4]).arguments), "{}");
    EXPECT_EQ(whole.usage, (Usage{25, 89, 900, 7}));
    EXPECT_EQ(whole.finish, Finish::tool_calls);
    EXPECT_EQ(whole.model, "claude-x-2");
    EXPECT_EQ(whole.provider, "anthropic");
    for (std::size_t i = 1; i < stream.size(); ++i) {
        const Outcome split = run({.body = stream, .split_at = i});
        ASSERT_TRUE(split.reply.ok()) << i << ": " << split.reply.trouble->what;
        ASSERT_EQ(split.reply.answer.message, whole.message) << i;
        ASSERT_EQ(split.reply.answer.usage, whole.usage) << i;
    }
    const Outcome bytes = run({.body = stream, .chunk_bytes = 1});
    EXPECT_EQ(bytes.reply.answer.message, whole.message);
    EXPECT_EQ(bytes.sink.shown, "I read two files. 😀");
    EXPECT_EQ(bytes.sink.thinking, "Let me see é.");
    EXPECT_EQ(bytes.sink.calls, (std::vector<std::string>{"files_read", "shell_run"}));
}

TEST(Anthropic, CutAnywhereItNeverInventsACallAndAlwaysSaysSo) {
    const std::string stream = long_stream();
    const std::size_t last_event = stream.rfind("event: message_delta");
    for (std::size_t i = 0; i < last_event; i += 5) {
        const Outcome cut = run({.body = stream.substr(0, i)});
        ASSERT_FALSE(cut.reply.ok()) << i;
        ASSERT_EQ(cut.reply.trouble->kind, TroubleKind::cut) << i;
        ASSERT_EQ(cut.reply.answer.finish, Finish::cut);
        for (const Part& part : cut.reply.answer.message.parts) {
            const auto* call = std::get_if<ToolCallPart>(&part);
            if (call == nullptr || call->name != "files_read") continue;
            ASSERT_EQ(wire::canonical_json(call->arguments), R"({"path":"a.txt"})") << i;
        }
    }
}

TEST(Anthropic, WhatItSaidGoesBackIntact) {
    ChatRequest next = hello();
    next.messages.push_back(run({.body = long_stream()}).reply.answer.message);
    next.messages.push_back({Role::user,
                             {ToolResultPart{"toolu_1", "text of a", false},
                              ToolResultPart{"toolu_2", "no such program", true}}});
    const Json body = *wire::parse_json(anthropic_body(next, Delivery::stream));
    EXPECT_EQ(
        wire::canonical_json(*body.find("messages")),
        R"([{"content":[{"text":"hello","type":"text"}],"role":"user"},)"
        R"({"content":[{"signature":"EqQBCg==","thinking":"Let me see é.","type":"thinking"},)"
        R"({"data":"opaque+/=","type":"redacted_thinking"},)"
        R"({"text":"I read two files. 😀","type":"text"},)"
        R"({"id":"toolu_1","input":{"path":"a.txt"},"name":"files_read","type":"tool_use"},)"
        R"({"id":"toolu_2","input":{},"name":"shell_run","type":"tool_use"}],"role":"assistant"},)"
        R"({"content":[{"content":"text of a","tool_use_id":"toolu_1","type":"tool_result"},)"
        R"({"cache_control":{"type":"ephemeral"},"content":"no such program","is_error":true,)"
        R"("tool_use_id":"toolu_2","type":"tool_result"}],"role":"user"}])");
}

TEST(Anthropic, ThinkingOfAnotherProviderOrCutThinkingStaysBehind) {
    ChatRequest next = hello();
    next.messages.push_back(
        {Role::assistant,
         {ThinkingPart{"openai", "foreign", "", ""},
          ThinkingPart{"anthropic", "cut before its signature", "", ""}, TextPart{"Hi."}}});
    next.messages.push_back(user_text("go on"));
    const std::string body = anthropic_body(next, Delivery::stream);
    EXPECT_EQ(body.find("thinking"), std::string::npos) << body;
    EXPECT_NE(body.find("Hi."), std::string::npos);
}

TEST(Anthropic, ToolsWithTextsMakeTheSameRequest) {
    ChatRequest with = hello();
    std::vector<ToolSpec> tools;
    for (const ToolSpec& tool : with.tools) tools.push_back(with_texts(tool));
    with.tools = tools;
    EXPECT_FALSE(tools[0].schema_text.empty());
    EXPECT_EQ(anthropic_body(with, Delivery::stream), anthropic_body(hello(), Delivery::stream));
}

TEST(Anthropic, TheRequestNamesItsVersionItsKeyAndItsCacheMarks) {
    const Outcome done = run({.body = long_stream()});
    EXPECT_EQ(done.request.url.text(), "https://api.anthropic.com/v1/messages");
    EXPECT_EQ(*find_header(done.request.headers, "anthropic-version"), "2023-06-01");
    EXPECT_EQ(done.request.credential, (Credential{"anthropic", "x-api-key", ""}));
    const auto body = wire::parse_json(done.request.body);
    ASSERT_TRUE(body);
    EXPECT_EQ(wire::canonical_json(*body->find("system")),
              R"([{"cache_control":{"type":"ephemeral"},"text":"You help.","type":"text"}])");
    const auto& tools = *body->find("tools")->array();
    EXPECT_EQ(tools[0].find("cache_control"), nullptr);
    EXPECT_NE(tools[1].find("cache_control"), nullptr);
    EXPECT_TRUE(*body->find("stream")->boolean());

    ChatRequest plain = hello();
    plain.cache = CacheHint::none;
    plain.temperature = 0.5;
    plain.thinking = Thinking::budgeted;
    plain.thinking_tokens = 5000;
    const Json without = *wire::parse_json(anthropic_body(plain, Delivery::whole));
    EXPECT_EQ(wire::canonical_json(without).find("cache_control"), std::string::npos);
    EXPECT_EQ(without.find("temperature"), nullptr);
    EXPECT_EQ(*without.find("max_tokens")->integer(), 6024);
    plain.thinking = Thinking::adaptive;
    plain.thinking_effort = "low";
    EXPECT_EQ(wire::canonical_json(
                  *wire::parse_json(anthropic_body(plain, Delivery::whole))->find("output_config")),
              R"({"effort":"low"})");
}

TEST(Anthropic, ReadsAWholeAnswer) {
    const Outcome done = run(
        {.headers = {{"content-type", "application/json"}},
         .body =
             R"({"type":"message","model":"m","content":[{"type":"thinking","thinking":"t","signature":"s"},
                     {"type":"text","text":"hi"},{"type":"tool_use","id":"t1","name":"files_read","input":{"path":"x"}}],
                     "stop_reason":"tool_use","usage":{"input_tokens":3,"output_tokens":4}})"},
        hello(), Delivery::whole);
    ASSERT_TRUE(done.reply.ok()) << done.reply.trouble->what;
    EXPECT_EQ(done.reply.answer.message.parts.size(), 3U);
    EXPECT_EQ(done.reply.answer.usage, (Usage{3, 4, 0, 0}));
    EXPECT_EQ(done.reply.answer.finish, Finish::tool_calls);
    EXPECT_FALSE(*wire::parse_json(done.request.body)->find("stream")->boolean());
}

TEST(Anthropic, StopReasonsAreKnown) {
    EXPECT_EQ(anthropic_finish("refusal"), Finish::refusal);
    EXPECT_EQ(anthropic_finish("pause_turn"), Finish::pause);
    EXPECT_EQ(anthropic_finish("model_context_window_exceeded"), Finish::context_full);
    EXPECT_EQ(anthropic_finish("max_tokens"), Finish::max_tokens);
    EXPECT_FALSE(anthropic_finish("new_reason"));
}

TEST(Anthropic, ErrorsAreSortedAndNameTheFix) {
    const auto fail_with = [](int status, std::string_view type, std::string_view message) {
        return *run({.status = status,
                     .headers = {{"content-type", "application/json"},
                                 {"retry-after", "7"},
                                 {"request-id", "req_1"}},
                     .body =
                         fmt::format(R"({{"type":"error","error":{{"type":"{}","message":"{}"}}}})",
                                     type, message)})
                    .reply.trouble;
    };
    const Trouble auth = fail_with(401, "authentication_error", "invalid x-api-key sk-ant-SECRET");
    EXPECT_EQ(auth.kind, TroubleKind::auth);
    EXPECT_NE(auth.what.find("hardshell secret set NAME"), std::string::npos);
    EXPECT_EQ(auth.what.find("SECRET"), std::string::npos);
    const Trouble busy = fail_with(529, "overloaded_error", "Overloaded");
    EXPECT_EQ(busy.kind, TroubleKind::overloaded);
    EXPECT_EQ(busy.retry_after_ms, 7000);
    EXPECT_EQ(busy.request_id, "req_1");
    EXPECT_EQ(fail_with(429, "rate_limit_error", "x").kind, TroubleKind::rate_limit);
    EXPECT_EQ(fail_with(400, "invalid_request_error", "messages: bad").kind,
              TroubleKind::bad_request);
    EXPECT_EQ(fail_with(400, "invalid_request_error", "prompt is too long: 2 > 1").kind,
              TroubleKind::context_too_long);
    EXPECT_EQ(fail_with(400, "invalid_request_error", "Your credit balance is too low").kind,
              TroubleKind::quota);
    EXPECT_EQ(fail_with(404, "not_found_error", "model: y").kind, TroubleKind::no_model);
    EXPECT_EQ(fail_with(413, "request_too_large", "").kind, TroubleKind::context_too_long);
    EXPECT_EQ(fail_with(500, "api_error", "").kind, TroubleKind::server);
    EXPECT_EQ(run({.status = 502, .body = "<html>bad gateway"}).reply.trouble->kind,
              TroubleKind::server);
    EXPECT_EQ(run({.status = 302, .body = ""}).reply.trouble->kind, TroubleKind::no_model);
}

TEST(Anthropic, AnErrorInsideTheStreamKeepsWhatWasSaid) {
    std::string stream = long_stream();
    stream = stream.substr(0, stream.find("event: content_block_stop\ndata: "
                                          R"({"type":"content_block_stop","index":2})"));
    stream +=
        event(R"({"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}})");
    const Outcome done = run({.body = stream});
    ASSERT_FALSE(done.reply.ok());
    EXPECT_EQ(done.reply.trouble->kind, TroubleKind::overloaded);
    EXPECT_TRUE(done.reply.visible);
    EXPECT_EQ(text_of(done.reply.answer.message), "I read two files. 😀");
}

}  // namespace
}  // namespace hs::models
