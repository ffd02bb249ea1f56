// What a model may answer that makes no sense: bounded, named, and nothing is lost or run by it.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "models/anthropic.h"
#include "models/http_provider.h"
#include "models/openai.h"
#include "models/testing/scripted_transport.h"
#include "wire/utf8.h"

namespace hs::models {
namespace {

using testing::RecordingSink;
using testing::ScriptedAnswer;
using testing::ScriptedStop;
using testing::ScriptedTransport;

ChatRequest hello() {
    ChatRequest request;
    request.model = "m";
    request.messages = {user_text("hello")};
    request.tools = {{"files_read", "Reads a file.", *wire::parse_json(R"({"type":"object"})")}};
    return request;
}

enum class Format : std::uint8_t { anthropic, openai };

std::unique_ptr<Dialect> dialect(Format format) {
    const wire::Url url = *wire::parse_url("http://127.0.0.1:1/x");
    if (format == Format::anthropic) {
        return std::make_unique<Anthropic>(AnthropicConfig{url, "", {}});
    }
    return std::make_unique<OpenAi>(OpenAiConfig{url, OpenAiServer::other, "", {}});
}

struct Outcome {
    Reply reply;
    RecordingSink sink;
    std::int64_t took_ms = 0;
};

Outcome run(Format format, ScriptedAnswer answer, const ChatRequest& chat = hello(),
            HttpProviderLimits limits = {}) {
    base::ScriptedClock clock(0);
    ScriptedTransport transport(clock);
    ScriptedStop stop(clock);
    transport.answers.push_back(std::move(answer));
    HttpProvider provider({"p", Delivery::stream, {}, limits}, dialect(format), transport, clock);
    Outcome out;
    out.reply = provider.complete(chat, out.sink, stop);
    out.took_ms = clock.wall_ms();
    return out;
}

std::string anthropic_event(std::string_view type, std::string_view rest) {
    return fmt::format("event: {0}\ndata: {{\"type\":\"{0}\"{1}}}\n\n", type, rest);
}
const std::string begin = anthropic_event("message_start", R"(,"message":{"model":"m"})");
const std::string end = anthropic_event("message_delta", R"(,"delta":{"stop_reason":"end_turn"})") +
                        anthropic_event("message_stop", "");

std::string anthropic_block(int index, std::string_view block, std::string_view deltas) {
    return anthropic_event("content_block_start",
                           fmt::format(R"(,"index":{},"content_block":{})", index, block)) +
           std::string(deltas) +
           anthropic_event("content_block_stop", fmt::format(R"(,"index":{})", index));
}
std::string anthropic_call(int index, std::string_view id, std::string_view name,
                           std::string_view arguments) {
    std::string quoted;
    wire::append_json_string(quoted, arguments);
    return anthropic_block(
        index, fmt::format(R"({{"type":"tool_use","id":"{}","name":"{}","input":{{}}}})", id, name),
        anthropic_event(
            "content_block_delta",
            fmt::format(R"(,"index":{},"delta":{{"type":"input_json_delta","partial_json":{}}})",
                        index, quoted)));
}
std::string openai_chunk(std::string_view delta, std::string_view finish = "null") {
    return fmt::format("data: {{\"choices\":[{{\"delta\":{},\"finish_reason\":{}}}]}}\n\n", delta,
                       finish);
}
std::string openai_call(int index, std::string_view id, std::string_view name,
                        std::string_view arguments) {
    std::string quoted;
    wire::append_json_string(quoted, arguments);
    return openai_chunk(fmt::format(
        R"({{"tool_calls":[{{"index":{},"id":"{}","function":{{"name":"{}","arguments":{}}}}}]}})",
        index, id, name, quoted));
}

std::string calls_stream(Format format, const std::vector<std::array<std::string, 3>>& calls) {
    std::string out = format == Format::anthropic ? begin : "";
    int index = 0;
    for (const auto& [id, name, arguments] : calls) {
        out += format == Format::anthropic ? anthropic_call(index, id, name, arguments)
                                           : openai_call(index, id, name, arguments);
        ++index;
    }
    return out + (format == Format::anthropic ? end : openai_chunk("{}", "\"tool_calls\""));
}

std::vector<ToolCallPart> calls_of(const Reply& reply) {
    std::vector<ToolCallPart> calls;
    for (const Part& part : reply.answer.message.parts) {
        if (const auto* call = std::get_if<ToolCallPart>(&part)) calls.push_back(*call);
    }
    return calls;
}

class ModelNonsense : public ::testing::TestWithParam<Format> {};
INSTANTIATE_TEST_SUITE_P(BothFormats, ModelNonsense,
                         ::testing::Values(Format::anthropic, Format::openai),
                         [](const ::testing::TestParamInfo<Format>& named) {
                             return std::string(named.param == Format::anthropic ? "Anthropic"
                                                                                 : "OpenAi");
                         });

TEST_P(ModelNonsense, InvalidJsonArgumentsStayRawAndBecomeAToolError) {
    for (const std::string bad :
         {"{\"path\": ", "path=a", "[1]", "7", "{\"a\":1,\"a\":2}", "{} trailing", "\"text\""}) {
        const Outcome done =
            run(GetParam(), {.body = calls_stream(GetParam(), {{"c", "files_read", bad}})});
        ASSERT_TRUE(done.reply.ok()) << bad;
        const auto calls = calls_of(done.reply);
        ASSERT_EQ(calls.size(), 1U) << bad;
        EXPECT_EQ(calls[0].raw, bad);
        EXPECT_EQ(wire::canonical_json(calls[0].arguments), "{}");
        EXPECT_NE(calls[0].problem.find("must be a JSON object"), std::string::npos);
        EXPECT_NE(calls[0].problem.find("not run"), std::string::npos);
    }
    const auto empty =
        run(GetParam(), {.body = calls_stream(GetParam(), {{"c", "files_read", ""}})});
    EXPECT_EQ(calls_of(empty.reply)[0].problem, "");
}

TEST_P(ModelNonsense, AnUnknownToolIsNamedWithThoseThereAre) {
    const Outcome done =
        run(GetParam(), {.body = calls_stream(GetParam(), {{"c", "rm rf/", "{}"}})});
    const auto calls = calls_of(done.reply);
    ASSERT_EQ(calls.size(), 1U);
    EXPECT_EQ(calls[0].name, "rm_rf_");
    EXPECT_NE(calls[0].problem.find("no tool named \"rm rf/\""), std::string::npos);
    EXPECT_NE(calls[0].problem.find("files_read"), std::string::npos);
}

TEST_P(ModelNonsense, DuplicateMissingAndOddIdsAreMadeUnique) {
    ChatRequest chat = hello();
    chat.messages.push_back({Role::assistant, {ToolCallPart{"used", "files_read", {}, "", ""}}});
    const Outcome done = run(GetParam(),
                             {.body = calls_stream(GetParam(), {{"same", "files_read", "{}"},
                                                                {"same_", "files_read", "{}"},
                                                                {"used", "files_read", "{}"},
                                                                {"a b/é", "files_read", "{}"}})},
                             chat);
    std::set<std::string> ids;
    for (const ToolCallPart& call : calls_of(done.reply)) {
        EXPECT_EQ(call.id, plain_name(call.id, "x"));
        EXPECT_TRUE(ids.insert(call.id).second) << call.id;
    }
    EXPECT_EQ(ids.size(), 4U);
    EXPECT_FALSE(ids.contains("used"));
    EXPECT_TRUE(ids.contains("used_2"));
}

TEST_P(ModelNonsense, ThousandsOfToolCallsAreCutAtTheMaximum) {
    std::vector<std::array<std::string, 3>> calls;
    for (int i = 0; i < 5000; ++i) calls.push_back({"c" + std::to_string(i), "files_read", "{}"});
    const Outcome done = run(GetParam(), {.body = calls_stream(GetParam(), calls)});
    EXPECT_LE(calls_of(done.reply).size(), AssemblyLimits{}.calls_max);
    EXPECT_EQ(done.reply.answer.finish, Finish::cut);
    ASSERT_FALSE(done.reply.answer.notices.empty());
    EXPECT_NE(done.reply.answer.notices[0].find("maximum of 64"), std::string::npos);
}

TEST_P(ModelNonsense, TenMegabytesOfTextAreCutAtTheMaximumWithAMessage) {
    const std::string piece(100'000, 'x');
    std::string body = begin;
    if (GetParam() == Format::anthropic) {
        std::string deltas;
        for (int i = 0; i < 100; ++i) {
            deltas += anthropic_event(
                "content_block_delta",
                R"(,"index":0,"delta":{"type":"text_delta","text":")" + piece + "\"}");
        }
        body += anthropic_block(0, R"({"type":"text","text":""})", deltas) + end;
    } else {
        body.clear();
        for (int i = 0; i < 100; ++i) body += openai_chunk("{\"content\":\"" + piece + "\"}");
    }
    const Outcome done = run(GetParam(), {.body = std::move(body)});
    EXPECT_EQ(text_of(done.reply.answer.message).size(), AssemblyLimits{}.text_bytes_max);
    EXPECT_EQ(done.sink.shown.size(), AssemblyLimits{}.text_bytes_max);
    EXPECT_EQ(done.reply.answer.finish, Finish::cut);
    EXPECT_NE(done.reply.answer.notices.at(0).find("1048576 bytes"), std::string::npos);
}

TEST_P(ModelNonsense, EndlessArgumentsAreCutAndTheCallDropped) {
    const std::string arguments = "{\"path\":\"" + std::string(4'500'000, 'a') + "\"}";
    const Outcome done =
        run(GetParam(), {.body = calls_stream(GetParam(), {{"c", "files_read", arguments}})},
            hello(), {.event = {.event_bytes_max = std::size_t{32} << 20U}});
    EXPECT_TRUE(calls_of(done.reply).empty());
    EXPECT_EQ(done.reply.answer.finish, Finish::cut);
}

TEST_P(ModelNonsense, AnEventBeyondTheMaximumIsRefused) {
    const Outcome done = run(GetParam(), {.body = "data: " + std::string(5'000'000, 'x')});
    ASSERT_FALSE(done.reply.ok());
    EXPECT_EQ(done.reply.trouble->kind, TroubleKind::nonsense);
}

TEST_P(ModelNonsense, EndlessPingsEndAtTheStallDeadline) {
    const Outcome done =
        run(GetParam(), {.endless = GetParam() == Format::anthropic ? anthropic_event("ping", "")
                                                                    : ": keep-alive\n\n",
                         .chunk_takes_ms = 1000});
    ASSERT_FALSE(done.reply.ok());
    EXPECT_EQ(done.reply.trouble->kind, TroubleKind::timed_out);
    EXPECT_NE(done.reply.trouble->what.find("pings"), std::string::npos);
    EXPECT_LE(done.took_ms, Deadlines{}.stall_ms + 2000);
}

TEST_P(ModelNonsense, PingsWithoutTimeEndAtTheStreamsMaximum) {
    const Outcome done =
        run(GetParam(), {.endless = ": keep-alive\n\n"}, hello(), {.stream_bytes_max = 100'000});
    EXPECT_EQ(done.reply.trouble->kind, TroubleKind::nonsense);
    EXPECT_NE(done.reply.trouble->what.find("100000"), std::string::npos);
}

TEST_P(ModelNonsense, ADripThatNeverEndsMeetsTheTotalDeadline) {
    const std::string drip =
        GetParam() == Format::anthropic
            ? anthropic_event("content_block_delta",
                              R"(,"index":0,"delta":{"type":"text_delta","text":"."})")
            : openai_chunk(R"({"content":"."})");
    const std::string first =
        GetParam() == Format::anthropic
            ? begin + anthropic_event("content_block_start",
                                      R"(,"index":0,"content_block":{"type":"text","text":""})")
            : "";
    const Outcome done = run(GetParam(), {.body = first, .endless = drip, .chunk_takes_ms = 5000});
    EXPECT_EQ(done.reply.trouble->kind, TroubleKind::timed_out);
    EXPECT_TRUE(done.reply.visible);
    EXPECT_LE(done.took_ms, Deadlines{}.total_ms + 10'000);
}

TEST_P(ModelNonsense, InvalidUtf8AndHalfSurrogatesAreMended) {
    const std::string bad =
        "a\xff\xfe"
        "b\\ud83dc";
    const std::string body =
        GetParam() == Format::anthropic
            ? begin + anthropic_block(0, "{\"type\":\"text\",\"text\":\"" + bad + "\"}", "") + end
            : openai_chunk("{\"content\":\"" + bad + "\"}", "\"stop\"");
    const Outcome done = run(GetParam(), {.body = body});
    ASSERT_TRUE(done.reply.ok()) << done.reply.trouble->what;
    EXPECT_TRUE(wire::is_utf8(done.sink.shown));
    EXPECT_EQ(done.sink.shown,
              "a\xef\xbf\xbd\xef\xbf\xbd"
              "b\xef\xbf\xbd"
              "c");
}

TEST_P(ModelNonsense, EventsThatAreNoJsonAreRefused) {
    for (const std::string bad :
         {"data: hello\n\n", "data: [1]\n\n", "data: {\"a\":\n\n", "data: null\n\n"}) {
        const Outcome done = run(GetParam(), {.body = bad});
        EXPECT_EQ(done.reply.trouble->kind, TroubleKind::nonsense) << bad;
    }
}

TEST_P(ModelNonsense, AWebPageInsteadOfAnAnswerIsRefused) {
    const Outcome done = run(GetParam(), {.headers = {{"content-type", "text/html"}},
                                          .body = "<html>Sign in to the network</html>"});
    EXPECT_EQ(done.reply.trouble->kind, TroubleKind::nonsense);
    EXPECT_NE(done.reply.trouble->what.find("Sign in"), std::string::npos);
}

TEST_P(ModelNonsense, CountsThatCannotBeAreClamped) {
    const std::string usage = R"("usage":{"input_tokens":-5,"output_tokens":9223372036854775807,)"
                              R"("prompt_tokens":-5,"completion_tokens":9223372036854775807})";
    const std::string body =
        GetParam() == Format::anthropic
            ? begin +
                  anthropic_event("message_delta",
                                  R"(,"delta":{"stop_reason":"end_turn"},)" + usage) +
                  anthropic_event("message_stop", "")
            : "data: {\"choices\":[{\"delta\":{\"content\":\"x\"},\"finish_reason\":\"stop\"}]," +
                  usage + "}\n\n";
    const Outcome done = run(GetParam(), {.body = body});
    EXPECT_EQ(done.reply.answer.usage.input, 0);
    EXPECT_EQ(done.reply.answer.usage.output, std::int64_t{1} << 53U);
}

TEST(AnthropicNonsense, EventsOutOfOrderAreRefused) {
    const std::string start = anthropic_event(
        "content_block_start", R"(,"index":0,"content_block":{"type":"text","text":""})");
    const std::string delta = anthropic_event(
        "content_block_delta", R"(,"index":0,"delta":{"type":"text_delta","text":"x"})");
    const std::string stop = anthropic_event("content_block_stop", R"(,"index":0)");
    const std::string json =
        anthropic_event("content_block_delta",
                        R"(,"index":0,"delta":{"type":"input_json_delta","partial_json":"x"})");
    for (const std::string& body :
         {begin + delta, begin + stop, start, begin + start + start, begin + start + stop + delta,
          begin + start + stop + stop, begin + begin, begin + start + json,
          begin + start + anthropic_event("message_stop", ""), anthropic_event("message_stop", ""),
          begin + anthropic_event("content_block_start", R"(,"index":-1,"content_block":{})"),
          begin + anthropic_event("content_block_start", R"(,"index":99999,"content_block":{})"),
          begin + anthropic_event("content_block_start", R"(,"index":0)")}) {
        const Outcome done = run(Format::anthropic, {.body = body + end});
        ASSERT_FALSE(done.reply.ok()) << body;
        EXPECT_EQ(done.reply.trouble->kind, TroubleKind::nonsense) << body;
    }
}

TEST(OpenAiNonsense, WrongTypesEverywhereDoNotBreakIt) {
    for (const std::string delta :
         {"null", "7", "[]", R"({"content":7})", R"({"content":{}})", R"({"tool_calls":{}})",
          R"({"tool_calls":[null,7,"x",{}]})", R"({"tool_calls":[{"index":"0","id":7}]})",
          R"({"tool_calls":[{"index":-9,"function":null}]})",
          R"({"tool_calls":[{"function":[]}]})"}) {
        const Outcome done =
            run(Format::openai, {.body = openai_chunk(delta) + openai_chunk("{}", "\"stop\"")});
        EXPECT_TRUE(done.reply.ok()) << delta;
    }
    for (const std::string body : {"data: {\"choices\":7}\n\n", "data: {\"choices\":[7]}\n\n"}) {
        EXPECT_EQ(run(Format::openai, {.body = body}).reply.trouble->kind, TroubleKind::cut);
    }
}

TEST(CancelledCall, ACancelledCallEndsAtOnceAndSaysNothingMore) {
    base::ScriptedClock clock(0);
    ScriptedTransport transport(clock);
    ScriptedStop stop(clock);
    transport.answers.push_back({.endless = openai_chunk(R"({"content":"x"})")});
    HttpProvider provider({"p", Delivery::stream, {}, {}}, dialect(Format::openai), transport,
                          clock);
    RecordingSink sink;
    sink.stop_after = 3;
    sink.stop = &stop;
    const Reply reply = provider.complete(hello(), sink, stop);
    EXPECT_EQ(reply.trouble->kind, TroubleKind::cancelled);
    EXPECT_EQ(sink.shown, "xxx");
}

}  // namespace
}  // namespace hs::models
