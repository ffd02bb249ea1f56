#include "mcp/client.h"

#include <gtest/gtest.h>

#include <deque>
#include <functional>

namespace hs::mcp {
namespace {

using base::Code;
using wire::Json;
using wire::JsonObject;

// A server as a function from a request's method to what follows "id" in its answer.
class ScriptedLines : public Lines {
  public:
    using Answer = std::function<std::string(const std::string& method, const Json& params)>;
    explicit ScriptedLines(Answer answer) : answer_(std::move(answer)) {}

    base::Result<> send(std::string_view line, os::Deadline) override {
        const Json json = wire::parse_json(line).value();
        sent.push_back(json);
        const auto* id = json.find("id");
        const auto method = wire::text_at(json, "method");
        if (id == nullptr || !method) return {};
        const Json* params = json.find("params");
        const std::string rest = answer_(*method, params != nullptr ? *params : Json());
        if (!rest.empty()) {
            waiting.push_back(R"({"jsonrpc":"2.0","id":)" + wire::canonical_json(*id) + "," + rest +
                              "}");
        }
        return {};
    }
    base::Result<std::string> receive(os::Deadline) override {
        if (waiting.empty()) return base::fail(Code::timed_out, "nothing came");
        std::string line = waiting.front();
        waiting.pop_front();
        return line;
    }

    std::vector<Json> sent;
    std::deque<std::string> waiting;

  private:
    Answer answer_;
};

const os::Deadline soon = os::Deadline::after_ms(60'000);

std::string modern(const std::string& method, const Json& params) {
    const Json* meta = params.find("_meta");
    const bool told =
        meta != nullptr && wire::text_at(*meta, "io.modelcontextprotocol/protocolVersion").ok();
    if (!told) return R"("error":{"code":-32022,"message":"no version"})";
    if (method == "server/discover")
        return R"("result":{"serverInfo":{"name":"new","version":"2"},"supportedVersions":["2026-07-28"]})";
    if (method == "tools/list")
        return R"("result":{"tools":[{"name":"a","inputSchema":{"type":"object"}}]})";
    return R"("result":{"resultType":"complete","content":[{"type":"text","text":"hi"},{"type":"image","data":"x"}]})";
}

std::string older(const std::string& method, const Json& params) {
    if (params.find("_meta") != nullptr) return R"("error":{"code":-32601,"message":"what?"})";
    if (method == "initialize")
        return R"("result":{"protocolVersion":"2025-06-18","serverInfo":{"name":"old"},"capabilities":{}})";
    if (method == "tools/list" && params.find("cursor") == nullptr)
        return R"("result":{"tools":[{"name":"a","inputSchema":{"type":"object"}}],"nextCursor":"n"})";
    if (method == "tools/list")
        return R"("result":{"tools":[{"name":"b","inputSchema":{"type":"object"}}]})";
    return R"("result":{"content":[{"type":"text","text":"{\"n\":1}"}],"isError":true})";
}

TEST(Client, SpeaksWithServersOfBothEras) {
    ScriptedLines lines(modern);
    Client client(lines);
    ASSERT_TRUE(client.greet(soon).ok());
    EXPECT_EQ(client.server(), "new 2");
    EXPECT_EQ(client.list_tools(soon)->array()->size(), 1U);
    const auto answer = client.call("a", Json(JsonObject{}), soon);
    ASSERT_TRUE(answer.ok()) << answer.error().what;
    EXPECT_EQ(answer->text, "hi\n[a piece of the type \"image\", which is not shown]");
    EXPECT_FALSE(answer->is_error);

    ScriptedLines before(older);
    Client second(before);
    ASSERT_TRUE(second.greet(soon).ok());
    EXPECT_EQ(wire::text_at(before.sent.back(), "method").value(), "notifications/initialized");
    const auto tools = definitions_from(*second.list_tools(soon));
    ASSERT_TRUE(tools.ok());
    EXPECT_EQ(tools->at(1).name, "b") << "the second page";
    const auto told = second.call("a", Json(JsonObject{}), soon);
    EXPECT_TRUE(told->is_error);
    EXPECT_EQ(wire::integer_at(told->structured, "n").value(), 1);
}

TEST(Client, ServesNothingThatAServerAsksFor) {
    ScriptedLines lines(
        [](const std::string& method, const Json& params) { return modern(method, params); });
    Client client(lines);
    lines.waiting.push_back(
        R"({"jsonrpc":"2.0","id":"s1","method":"sampling/createMessage","params":{}})");
    lines.waiting.push_back(R"({"jsonrpc":"2.0","method":"notifications/message","params":{}})");
    lines.waiting.push_back(R"({"jsonrpc":"2.0","id":9,"method":"ping"})");
    lines.waiting.push_back(R"({"jsonrpc":"2.0","id":4711,"result":{}})");
    ASSERT_TRUE(client.greet(soon).ok());
    ASSERT_EQ(lines.sent.size(), 3U);
    EXPECT_NE(lines.sent[1].find("error"), nullptr);
    EXPECT_NE(lines.sent[2].find("result"), nullptr);
}

TEST(Client, WhatIsNotTheProtocolIsAnErrorByName) {
    const std::pair<const char*, const char*> cases[] = {
        {"garbage", "no JSON object"},
        {R"([1])", "no JSON object"},
        {R"({"id":1,"result":{}})", "JSON-RPC 2.0"},
        {R"({"jsonrpc":"2.0","id":1,"result":{},"error":{}})", "exactly one"},
        {R"({"jsonrpc":"2.0","id":[1],"result":{}})", "an id"},
        {R"({"jsonrpc":"2.0","id":1,"method":7})", "a method"},
    };
    for (const auto& [line, what] : cases) {
        const auto parsed = parse_message(line);
        ASSERT_FALSE(parsed.ok()) << line;
        EXPECT_EQ(parsed.error().code, Code::corrupt);
        EXPECT_NE(parsed.error().what.find(what), std::string::npos) << parsed.error().what;
    }
    ScriptedLines chatty([](const std::string&, const Json&) { return std::string(); });
    for (std::size_t i = 0; i < 2 * Client::strays_max; ++i)
        chatty.waiting.push_back(R"({"jsonrpc":"2.0","method":"notifications/message"})");
    Client client(chatty);
    EXPECT_NE(client.greet(soon).error().what.find("does not answer"), std::string::npos);
}

TEST(Client, AServerThatWantsMoreIsRefused) {
    ScriptedLines lines([](const std::string& method, const Json& params) {
        if (method == "tools/call")
            return std::string(R"("result":{"resultType":"input_required","inputRequests":{}})");
        return modern(method, params);
    });
    Client client(lines);
    ASSERT_TRUE(client.greet(soon).ok());
    const auto answer = client.call("a", Json(JsonObject{}), soon);
    ASSERT_FALSE(answer.ok());
    EXPECT_NE(answer.error().what.find("input_required"), std::string::npos);
}

TEST(Definitions, NamesAndSchemasAreChecked) {
    for (const char* tools :
         {R"({})", R"([{"inputSchema":{}}])", R"([{"name":"a b","inputSchema":{}}])",
          R"([{"name":"a"}])", R"([{"name":"a","inputSchema":[]}])", R"([7])"}) {
        EXPECT_FALSE(definitions_from(*wire::parse_json(tools)).ok()) << tools;
    }
    EXPECT_TRUE(
        definitions_from(*wire::parse_json(R"([{"name":"a/b.c-d_1","inputSchema":{}}])")).ok());
}

}  // namespace
}  // namespace hs::mcp
