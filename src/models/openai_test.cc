#include "models/openai.h"

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
    request.model = "gpt-x";
    request.system = "You help.";
    request.messages = {user_text("hello")};
    request.tools = {{"files_read", "Reads a file.", *wire::parse_json(R"({"type":"object"})")},
                     {"shell_run", "Runs a program.", *wire::parse_json(R"({"type":"object"})")}};
    return request;
}

OpenAiConfig config(OpenAiServer server = OpenAiServer::openai) {
    return {*wire::parse_url("https://api.openai.com/v1/chat/completions"), server, "openai",
            ReasoningReturn::none};
}

struct Outcome {
    Reply reply;
    RecordingSink sink;
    HttpRequest request;
};

Outcome run(ScriptedAnswer answer, Delivery delivery = Delivery::stream) {
    base::ScriptedClock clock(1'000'000);
    ScriptedTransport transport(clock);
    ScriptedStop stop(clock);
    transport.answers.push_back(std::move(answer));
    HttpProvider provider({"openai", delivery, {}, {}}, std::make_unique<OpenAi>(config()),
                          transport, clock);
    Outcome out;
    out.reply = provider.complete(hello(), out.sink, stop);
    out.request = transport.requests.front();
    return out;
}

std::string chunk(std::string_view delta, std::string_view finish = "null") {
    return fmt::format(
        R"(data: {{"id":"c","object":"chat.completion.chunk","model":"gpt-x-1","choices":[{{"index":0,"delta":{},"finish_reason":{}}}]}})"
        "\n\n",
        delta, finish);
}

std::string long_stream() {
    return chunk(R"({"role":"assistant","content":null})") +
           chunk(R"({"reasoning_content":"Hm, "})") + chunk(R"({"reasoning_content":"ü."})") +
           chunk(R"({"content":"Reading "})") + chunk(R"({"content":"both. 😀"})") +
           chunk(
               R"({"tool_calls":[{"index":0,"id":"call_a","type":"function","function":{"name":"files_read","arguments":""}}]})") +
           chunk(R"({"tool_calls":[{"index":0,"function":{"arguments":"{\"path\":"}}]})") +
           chunk(
               R"({"tool_calls":[{"index":1,"id":"call_b","type":"function","function":{"name":"shell_run","arguments":"{\"argv\":[]}"}}]})") +
           chunk(R"({"tool_calls":[{"index":0,"function":{"arguments":"\"a\"}"}}]})") +
           chunk("{}", "\"tool_calls\"") +
           R"(data: {"choices":[],"usage":{"prompt_tokens":100,"completion_tokens":20,"total_tokens":120,"prompt_tokens_details":{"cached_tokens":64}}})"
           "\n\n: keep-alive\n\ndata: [DONE]\n\n";
}

std::vector<ToolCallPart> calls_of(const Answer& answer) {
    std::vector<ToolCallPart> calls;
    for (const Part& part : answer.message.parts) {
        if (const auto* call = std::get_if<ToolCallPart>(&part)) calls.push_back(*call);
    }
    return calls;
}

TEST(OpenAi, ReadsAStreamSplitAtEveryPosition) {
    const std::string stream = long_stream();
    const Answer whole = run({.body = stream}).reply.answer;
    ASSERT_EQ(whole.message.parts.size(), 4U);
    EXPECT_EQ(std::get<ThinkingPart>(whole.message.parts[0]).text, "Hm, ü.");
    EXPECT_EQ(text_of(whole.message), "Reading both. 😀");
    const auto calls = calls_of(whole);
    EXPECT_EQ(calls[0].id, "call_a");
    EXPECT_EQ(wire::canonical_json(calls[0].arguments), R"({"path":"a"})");
    EXPECT_EQ(calls[1].name, "shell_run");
    EXPECT_EQ(wire::canonical_json(calls[1].arguments), R"({"argv":[]})");
    EXPECT_EQ(whole.usage, (Usage{36, 20, 64, 0}));
    EXPECT_EQ(whole.finish, Finish::tool_calls);
    EXPECT_EQ(whole.model, "gpt-x-1");
    for (std::size_t i = 1; i < stream.size(); ++i) {
        const Outcome split = run({.body = stream, .split_at = i});
        ASSERT_TRUE(split.reply.ok()) << i << ": " << split.reply.trouble->what;
        ASSERT_EQ(split.reply.answer.message, whole.message) << i;
        ASSERT_EQ(split.reply.answer.usage, whole.usage) << i;
    }
    EXPECT_EQ(run({.body = stream, .chunk_bytes = 1}).reply.answer.message, whole.message);
}

TEST(OpenAi, CutAnywhereItNeverInventsACallAndAlwaysSaysSo) {
    const std::string stream = long_stream();
    const std::size_t finish = stream.find("\"finish_reason\":\"tool_calls\"");
    for (std::size_t i = 0; i < finish; i += 5) {
        const Outcome cut = run({.body = stream.substr(0, i)});
        ASSERT_FALSE(cut.reply.ok()) << i;
        ASSERT_EQ(cut.reply.trouble->kind, TroubleKind::cut) << i;
        // No call is known to be whole before the end.
        ASSERT_TRUE(calls_of(cut.reply.answer).empty()) << i;
    }
}

TEST(OpenAi, TheDialectsOfOtherServersAreUnderstood) {
    // Without usage and without [DONE].
    const Outcome bare = run({.body = chunk(R"({"content":"hi"})") + chunk("{}", "\"stop\"")});
    EXPECT_TRUE(bare.reply.ok());
    EXPECT_EQ(bare.reply.answer.usage.total(), 0);
    // Every call at index 0 with its own id; arguments as an object; "stop" although tools.
    const Outcome ollama = run(
        {.body =
             chunk(
                 R"({"content":"","tool_calls":[{"index":0,"id":"x1","function":{"name":"files_read","arguments":{"path":"a"}}}]})") +
             chunk(
                 R"({"tool_calls":[{"index":0,"id":"x2","function":{"name":"files_read","arguments":"{\"path\":\"b\"}"}}]})",
                 "\"stop\"") +
             "data: [DONE]\n\n"});
    ASSERT_EQ(calls_of(ollama.reply.answer).size(), 2U);
    EXPECT_EQ(wire::canonical_json(calls_of(ollama.reply.answer)[0].arguments), R"({"path":"a"})");
    EXPECT_EQ(wire::canonical_json(calls_of(ollama.reply.answer)[1].arguments), R"({"path":"b"})");
    EXPECT_EQ(ollama.reply.answer.finish, Finish::tool_calls);
    // No index, no id.
    const Outcome lean = run(
        {.body =
             chunk(
                 R"({"tool_calls":[{"function":{"name":"files_read","arguments":"{}"}},{"function":{"name":"shell_run","arguments":"{\"argv\":"}}]})") +
             chunk(R"({"tool_calls":[{"function":{"arguments":"[]}"}}]})", "\"tool_calls\"")});
    ASSERT_EQ(calls_of(lean.reply.answer).size(), 2U);
    EXPECT_EQ(calls_of(lean.reply.answer)[0].id, "call_1_0");
    EXPECT_EQ(wire::canonical_json(calls_of(lean.reply.answer)[1].arguments), R"({"argv":[]})");
    // Content as parts, reasoning under its other name, a refusal.
    const Outcome parts =
        run({.body = chunk(R"({"reasoning":"r","content":[{"type":"text","text":"p"}]})") +
                     chunk(R"({"refusal":"no"})", "\"content_filter\"")});
    EXPECT_EQ(text_of(parts.reply.answer.message), "pno");
    EXPECT_EQ(parts.sink.thinking, "r");
    EXPECT_EQ(parts.reply.answer.finish, Finish::refusal);
    // The connection breaks after the finish: the answer is whole.
    const Outcome broken = run({.body = chunk(R"({"content":"hi"})", "\"stop\""),
                                .broken = base::Error{base::Code::io, "reset", {}}});
    EXPECT_TRUE(broken.reply.ok());
    // Arguments that are quoted once more.
    const Outcome twice = run(
        {.body = chunk(
             R"({"tool_calls":[{"index":0,"id":"q","function":{"name":"files_read","arguments":"\"{\\\"path\\\":\\\"a\\\"}\""}}]})",
             "\"tool_calls\"")});
    EXPECT_EQ(wire::canonical_json(calls_of(twice.reply.answer)[0].arguments), R"({"path":"a"})");
}

TEST(OpenAi, ReadsAWholeAnswer) {
    const Outcome done = run(
        {.headers = {{"content-type", "application/json"}},
         .body = R"({"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":null,
                     "tool_calls":[{"id":"a","type":"function","function":{"name":"files_read","arguments":"{\"path\":1}"}}]},
                     "finish_reason":"tool_calls"}],"usage":{"prompt_tokens":5,"completion_tokens":6}})"},
        Delivery::whole);
    ASSERT_TRUE(done.reply.ok()) << done.reply.trouble->what;
    EXPECT_EQ(calls_of(done.reply.answer).size(), 1U);
    EXPECT_EQ(done.reply.answer.usage, (Usage{5, 6, 0, 0}));
    EXPECT_FALSE(run({.headers = {}, .body = R"({"choices":[]})"}, Delivery::whole).reply.ok());
    EXPECT_FALSE(run({.headers = {}, .body = "<html>"}, Delivery::whole).reply.ok());
}

TEST(OpenAi, TheRequestCarriesTheConversation) {
    ChatRequest chat = hello();
    chat.messages.push_back(
        {Role::assistant,
         {ThinkingPart{"openai", "why", "", ""},
          ToolCallPart{"a", "files_read", *wire::parse_json(R"({"path":"x"})"), "", ""}}});
    chat.messages.push_back(
        {Role::user, {ToolResultPart{"a", "gone", true}, TextPart{"and now?"}}});
    const Json body = *wire::parse_json(openai_body(chat, config(), Delivery::stream));
    EXPECT_EQ(
        wire::canonical_json(*body.find("messages")),
        R"([{"content":"You help.","role":"system"},{"content":"hello","role":"user"},)"
        R"({"content":null,"role":"assistant","tool_calls":[{"function":{"arguments":"{\"path\":\"x\"}","name":"files_read"},"id":"a","type":"function"}]},)"
        R"({"content":"Error: gone","role":"tool","tool_call_id":"a"},{"content":"and now?","role":"user"}])");
    EXPECT_EQ(*body.find("max_completion_tokens")->integer(), 4096);
    EXPECT_EQ(wire::canonical_json(*body.find("stream_options")), R"({"include_usage":true})");
    EXPECT_EQ(
        wire::canonical_json(body.find("tools")->array()->front()),
        R"({"function":{"description":"Reads a file.","name":"files_read","parameters":{"type":"object"}},"type":"function"})");
    OpenAiConfig local = config(OpenAiServer::ollama);
    local.reasoning = ReasoningReturn::tool_loop;
    const Json other = *wire::parse_json(openai_body(chat, local, Delivery::whole));
    EXPECT_EQ(*other.find("max_tokens")->integer(), 4096);
    EXPECT_EQ(other.find("stream_options"), nullptr);
    EXPECT_NE(wire::canonical_json(other).find(R"("reasoning_content":"why")"), std::string::npos);
}

TEST(OpenAi, AzureHasItsOwnPathAndHeader) {
    const auto resource = wire::parse_url("https://firm.openai.azure.com/");
    const auto url = azure_url(*resource, "gpt-4o", "2024-10-21");
    ASSERT_TRUE(url);
    EXPECT_EQ(url->text(),
              "https://firm.openai.azure.com/openai/deployments/gpt-4o/chat/completions"
              "?api-version=2024-10-21");
    EXPECT_FALSE(azure_url(*resource, "../x", "v"));
    EXPECT_FALSE(azure_url(*resource, "x", "v&y=1"));
    EXPECT_FALSE(azure_url(*resource, "", "v"));
    const HttpRequest request =
        OpenAi({*url, OpenAiServer::azure, "azure", {}}).request(hello(), Delivery::stream);
    EXPECT_EQ(request.credential, (Credential{"azure", "api-key", ""}));
    EXPECT_EQ(OpenAi(config()).request(hello(), Delivery::stream).credential,
              (Credential{"openai", "authorization", "Bearer "}));
}

TEST(OpenAi, ErrorsAreSorted) {
    const auto kind = [](int status, std::string_view error) {
        return run({.status = status, .body = fmt::format(R"({{"error":{}}})", error)})
            .reply.trouble->kind;
    };
    EXPECT_EQ(kind(401, R"({"code":"invalid_api_key","message":"Incorrect API key sk-1"})"),
              TroubleKind::auth);
    EXPECT_EQ(kind(429, R"({"code":"insufficient_quota","type":"insufficient_quota"})"),
              TroubleKind::quota);
    EXPECT_EQ(kind(429, R"({"code":"rate_limit_exceeded","type":"requests"})"),
              TroubleKind::rate_limit);
    EXPECT_EQ(kind(400, R"({"code":"context_length_exceeded","type":"invalid_request_error"})"),
              TroubleKind::context_too_long);
    EXPECT_EQ(kind(400, R"({"code":400,"type":"exceed_context_size_error","message":"x"})"),
              TroubleKind::bad_request);
    EXPECT_EQ(
        kind(400, R"({"code":400,"message":"the request exceeds the available context size"})"),
        TroubleKind::context_too_long);
    EXPECT_EQ(kind(404, R"("model 'x' not found")"), TroubleKind::no_model);
    EXPECT_EQ(kind(404, R"({"type":"invalid_request_error","message":"no such path"})"),
              TroubleKind::no_model);
    EXPECT_EQ(kind(503, R"({"code":503,"type":"unavailable_error","message":"Loading model"})"),
              TroubleKind::overloaded);
    EXPECT_EQ(kind(500, "{}"), TroubleKind::server);
    // Inside a stream.
    const Outcome inside =
        run({.body = "data: {\"error\":{\"code\":429,\"message\":\"slow down\"}}\n\n"});
    EXPECT_EQ(inside.reply.trouble->kind, TroubleKind::rate_limit);
    EXPECT_FALSE(inside.reply.visible);
}

}  // namespace
}  // namespace hs::models
