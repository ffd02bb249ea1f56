#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "egress/testing.h"
#include "tools/testing/house.h"

namespace hs::tools {
namespace {

using ::testing::HasSubstr;
using testing::House;
using ::testing::Not;
using Keeper = files::testing::ScriptedKeeper;

// A server outside, a real egress, and a keeper that issues the tickets which egress checks.
struct HttpTest : ::testing::Test {
    HttpTest()
        : server([this](net::HttpExchange& exchange) {
              auto body = exchange.whole_body(1U << 20U);
              if (!body) return;
              seen.with([&](auto& list) { list.push_back(exchange.request()); });
              answer(exchange);
          }) {
        house.keeper().decide_with(
            [this](const wire::Json& action, const std::string&) { return allow(action); });
    }
    wire::Json allow(const wire::Json& action) {
        const std::string effect = wire::text_at(action, "effect").value();
        if (effect != "http") return House::allow(action);
        egress::Envelope envelope = egress::testing::loopback_envelope(
            static_cast<std::uint16_t>(wire::integer_at(action, "port").value()));
        envelope.methods = {wire::text_at(action, "method").value()};
        envelope.target = wire::text_at(action, "target").value();
        envelope.response_bytes_max = std::uint64_t{64} << 20U;
        const base::Bytes packed = envelope.pack();
        wire::Json reply = Keeper::allow();
        reply["ticket"] = base::to_base64(outside.keeper->issue_for(packed));
        reply["envelope"] = base::to_base64(packed);
        return reply;
    }
    void answer(net::HttpExchange& exchange) {
        const std::string& target = exchange.request().target;
        net::ResponseHead head;
        if (target == "/html") {
            head.headers = {{"Content-Type", "text/html; charset=utf-8"}};
            (void)exchange.answer(std::move(head), "<p>page</p>");
        } else if (target.starts_with("/jump")) {
            head.status = 302;
            head.headers = {{"Location", target == "/jump" ? "/text" : target}};
            (void)exchange.answer(std::move(head), "");
        } else if (target == "/away") {
            head.status = 307;
            head.headers = {{"Location", "http://10.0.0.1/internal"}};
            (void)exchange.answer(std::move(head), "");
        } else if (target == "/big") {
            (void)exchange.answer(200, "text/plain", std::string(9 << 20, 'b'));
        } else if (target == "/binary") {
            (void)exchange.answer(200, "image/png", "\x89PNG");
        } else {
            (void)exchange.answer(200, "text/plain", "plain words");
        }
    }
    ToolOutcome fetch(const std::string& target, const std::string& more = "") {
        ToolContext context = house.context();
        context.egress = {std::shared_ptr<void>(), outside.client.get()};
        const std::string url = "http://127.0.0.1:" + std::to_string(server.port) + target;
        return house.run("http_fetch", "{\"url\":\"" + url + "\"" + more + "}", context);
    }
    base::Guarded<std::vector<net::RequestHead>> seen;
    egress::testing::LoopbackServer server;
    egress::testing::EgressHouse outside;
    House house;
};

TEST_F(HttpTest, GivesTextAndSaysWhereItIsFrom) {
    const ToolOutcome outcome = fetch("/text");
    EXPECT_FALSE(outcome.is_error) << outcome.text;
    EXPECT_THAT(outcome.text, HasSubstr("HTTP 200 text/plain"));
    EXPECT_THAT(outcome.text, HasSubstr("plain words"));
    EXPECT_EQ(outcome.label.integrity, flow::Integrity::untrusted);
    EXPECT_THAT(fetch("/binary").text, HasSubstr("4 bytes that are no text"));
}

TEST_F(HttpTest, HtmlGoesThroughTheSandboxedReader) {
    house.launcher.output = "what the reader printed\n";
    const ToolOutcome outcome = fetch("/html");
    EXPECT_THAT(outcome.text, HasSubstr("what the reader printed"));
    EXPECT_THAT(outcome.text, Not(HasSubstr("<p>")));
    EXPECT_EQ(house.launcher.started, 1);
    house.launcher.outcome.ending = jail::Ending::out_of_memory;
    EXPECT_THAT(fetch("/html").text, HasSubstr("shown as it came"));
}

TEST_F(HttpTest, EachRedirectIsDecidedAnew) {
    EXPECT_THAT(fetch("/jump").text, HasSubstr("plain words"));
    ASSERT_EQ(house.keeper().actions().size(), 2U);
    EXPECT_EQ(*house.keeper().actions()[1].find("target")->text(), "/text");
    house.keeper().decide_with([this](const wire::Json& action, const std::string&) {
        if (wire::text_at(action, "host").value() == "10.0.0.1") {
            return Keeper::deny("private networks are out of reach");
        }
        return allow(action);
    });
    const ToolOutcome refused = fetch("/away");
    EXPECT_TRUE(refused.is_error);
    EXPECT_THAT(refused.text, HasSubstr("private networks are out of reach"));
    // What is said of an address that a server named is in part the server's text.
    EXPECT_EQ(refused.label.integrity, flow::Integrity::untrusted);
    const ToolOutcome endless = fetch("/jumping");
    EXPECT_THAT(endless.text, HasSubstr("led on 5 times"));
    EXPECT_THAT(endless.text, Not(HasSubstr("/jumping")));
}

TEST_F(HttpTest, OnlyHarmlessHeadersAreSent) {
    EXPECT_FALSE(fetch("/text", R"(,"headers":{"Accept":"text/x"})").is_error);
    const net::RequestHead head = seen.with([](auto& list) { return list.at(0); });
    EXPECT_EQ(head.headers.find("Accept"), "text/x");
    EXPECT_EQ(head.headers.count("Cookie"), 0U);
    EXPECT_TRUE(fetch("/text", R"(,"headers":{"X-Data":"secret"})").is_error);
    EXPECT_EQ(seen.with([](auto& list) { return list.size(); }), 1U);
}

TEST_F(HttpTest, ABodyIsPartOfTheAction) {
    EXPECT_FALSE(fetch("/text", R"(,"method":"POST","body":"{\"a\":1}")").is_error);
    const wire::Json action = house.keeper().actions().front();
    EXPECT_EQ(*action.find("content_type")->text(), "application/json");
    EXPECT_EQ(*action.find("body_bytes")->integer(), 7);
    EXPECT_EQ(action.find("body_sha256")->text()->size(), 64U);
}

TEST_F(HttpTest, ALargePageCostsBoundedText) {
    const ToolOutcome outcome = fetch("/big");
    EXPECT_LT(outcome.text.size(), 60'000U);
    EXPECT_THAT(outcome.text, HasSubstr("only the first 8 MiB were read"));
}

TEST_F(HttpTest, WithoutEgressNothingIsFetched) {
    const ToolOutcome outcome = house.run("http_fetch", R"({"url":"http://127.0.0.1:9/"})");
    EXPECT_TRUE(outcome.is_error);
    EXPECT_THAT(outcome.text, HasSubstr("egress is not running"));
}

}  // namespace
}  // namespace hs::tools
