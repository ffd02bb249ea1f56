#include "gate/mcp_book.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "gate/action.h"
#include "gate/connector_book.h"

namespace hs::gate {
namespace {

using base::Code;
using wire::Json;

class McpFiles : public testing::Test {
  protected:
    void SetUp() override {
        char name[] = "/tmp/mcp-book-XXXXXX";
        ASSERT_NE(::mkdtemp(name), nullptr);
        folder = name;
    }
    void TearDown() override { std::filesystem::remove_all(folder); }
    void write(const std::string& name, const std::string& text) const {
        std::ofstream(folder + "/" + name) << text;
    }
    std::string folder;
};

Json tools(const char* text) {
    return wire::parse_json(text).value();
}

TEST(McpDigest, TellsAnyChangeAndNoOrder) {
    const auto digest = [](const char* text) { return digest_of_definitions(tools(text)).value(); };
    const std::string one = digest(R"([{"name":"a","description":"x"},{"name":"b"}])");
    EXPECT_EQ(one.size(), 64U);
    EXPECT_EQ(one, digest(R"([{"name":"b"},{"description":"x","name":"a"}])"));
    EXPECT_NE(one, digest(R"([{"name":"a","description":"y"},{"name":"b"}])"));
    EXPECT_NE(one, digest(R"([{"name":"a","description":"x","annotations":{}},{"name":"b"}])"));
    EXPECT_NE(one, digest(R"([{"name":"a","description":"x"}])"));
    for (const char* bad :
         {R"({})", R"([7])", R"([{"description":"x"}])", R"([{"name":"a"},{"name":"a","x":1}])"}) {
        EXPECT_FALSE(digest_of_definitions(tools(bad)).ok()) << bad;
    }
    Json many{wire::JsonArray{}};
    for (std::size_t i = 0; i <= McpBook::tools_max; ++i)
        many.push(wire::JsonObject{{"name", "t" + std::to_string(i)}});
    EXPECT_FALSE(digest_of_definitions(many).ok());
    Json large{wire::JsonArray{}};
    large.push(wire::JsonObject{{"name", "a"}, {"x", std::string(McpBook::tools_bytes_max, 'x')}});
    EXPECT_EQ(digest_of_definitions(large).error().code, Code::exhausted);
}

TEST_F(McpFiles, WhatWasAcceptedIsKept) {
    const std::string path = folder + "/mcp-accepted.json";
    const Json list = tools(R"([{"name":"a"}])");
    {
        auto book = McpBook::open(path);
        ASSERT_TRUE(book.ok());
        EXPECT_EQ(book->find("x"), nullptr);
        ASSERT_TRUE(book->accept("x", {*digest_of_definitions(list), 7, list}).ok());
    }
    const auto again = McpBook::open(path);
    ASSERT_TRUE(again.ok());
    ASSERT_NE(again->find("x"), nullptr);
    EXPECT_EQ(again->find("x")->digest, *digest_of_definitions(list));
    EXPECT_EQ(again->find("x")->tools, list);
    write("mcp-accepted.json", "{");
    EXPECT_FALSE(McpBook::open(path).ok()) << "nobody would know what was accepted";
}

TEST_F(McpFiles, AConnectorThatDoesNotHoldClosesItsServerAlone) {
    write("good.json", R"({"tools":{"look":{"class":"read"}},"results":[]})");
    write("bad.json", R"({"tools":{"look":{"class":"magic"}}})");
    const auto settings =
        Settings::parse("[mcp.good]\ncommand = [\"a\"]\nconnector = \"" + folder +
                            "/good.json\"\n[mcp.bad]\ncommand = [\"a\"]\nconnector = \"" + folder +
                            "/bad.json\"\n[mcp.none]\ncommand = [\"a\"]\n",
                        "test");
    ASSERT_TRUE(settings.ok()) << settings.error().what;
    const ConnectorBook book = ConnectorBook::open(*settings);
    ASSERT_TRUE(book.of("good").ok()) << book.of("good").error().what;
    EXPECT_EQ((*book.of("good"))->find("look")->effect, flow::ToolEffect::read);
    EXPECT_FALSE(book.of("bad").ok());
    EXPECT_EQ(*book.of("none"), nullptr);
    EXPECT_EQ(*book.of("unheard"), nullptr);
}

TEST(CallTool, ArgumentsHaveOneForm) {
    CallTool call{"s", "t", std::string(64, '0'), R"({"a":1,"b":[]})"};
    const Json json = to_json(Action(call));
    ASSERT_TRUE(action_from_json(json).ok());
    EXPECT_NE(summary_of(Action(call)).find(call.arguments), std::string::npos);
    for (const char* arguments : {R"({"b":[],"a":1})", R"({ "a":1})", "[]", "7", "", "{"}) {
        call.arguments = arguments;
        EXPECT_FALSE(action_from_json(to_json(Action(call))).ok()) << arguments;
    }
    call.arguments = R"({"a":")" + std::string(CallTool::arguments_bytes_max, 'x') + R"("})";
    EXPECT_FALSE(action_from_json(to_json(Action(call))).ok());
}

TEST(GraphqlOperation, OnlyOfAPlainPostToItsEndpoint) {
    const std::string query = R"({"query":"{ viewer { login } }"})";
    const std::string change = R"({"query":"mutation { addStar { x } }"})";
    EXPECT_EQ(graphql_operation("POST", "/graphql", "application/json", query), "query");
    EXPECT_EQ(graphql_operation("POST", "/api/graphql", "application/json; charset=utf-8", change),
              "mutation addStar");
    EXPECT_EQ(graphql_operation("POST", "/graphql?query=x", "application/json", query), "");
    EXPECT_EQ(graphql_operation("POST", "/graphql", "application/json; charset=utf-16", query), "");
    EXPECT_EQ(graphql_operation("POST", "/other", "application/json", query), "");
    EXPECT_EQ(graphql_operation("GET", "/graphql", "application/json", query), "");
    // What was recorded before there were operations is read as it was.
    SendHttp send{"POST", "https", "h.example", 443, "/graphql", "application/json", "", 0};
    EXPECT_EQ(to_json(Action(send)).find("operation"), nullptr);
    send.operation = "query";
    const auto again = action_from_json(to_json(Action(send)));
    ASSERT_TRUE(again.ok());
    EXPECT_EQ(std::get<SendHttp>(*again).operation, "query");
}

}  // namespace
}  // namespace hs::gate
