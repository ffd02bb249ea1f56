#include "models/router.h"

#include <gtest/gtest.h>

#include "gate/action.h"
#include "models/discovery.h"
#include "models/testing/scripted_transport.h"

namespace hs::models {
namespace {

using testing::RecordingSink;
using testing::ScriptedStop;
using testing::ScriptedTransport;

// Answers from a list of troubles; nullopt is a success that says its name.
class ScriptedProvider : public Provider {
  public:
    struct Step {
        std::optional<TroubleKind> trouble;
        std::optional<std::int64_t> retry_after_ms = {};
        std::string says_first = {};  // visible before the trouble
        Usage usage = {};
    };
    ScriptedProvider(std::string name, std::vector<Step> steps)
        : name_(std::move(name)), steps_(std::move(steps)) {}

    std::string_view name() const override { return name_; }
    Reply complete(const ChatRequest& request, EventSink& sink, const Stop&) override {
        const Step step = steps_.at(std::min(calls, steps_.size() - 1));
        ++calls;
        models.push_back(request.model);
        Assembly assembly(request, sink);
        if (step.usage.total() > 0) assembly.set_usage(step.usage);
        const std::string text = step.trouble ? step.says_first : "I am " + name_;
        if (!text.empty()) assembly.add_text(assembly.open_text(), text);
        Reply reply;
        if (step.trouble) {
            reply.trouble = provider_trouble(name_, {*step.trouble, "words"}, nullptr, 0);
            reply.trouble->retry_after_ms = step.retry_after_ms;
        }
        reply.answer =
            assembly.take(step.trouble ? Assembly::Ending::cut : Assembly::Ending::complete);
        reply.answer.provider = name_;
        reply.visible = assembly.visible();
        return reply;
    }

    std::size_t calls = 0;
    std::vector<std::string> models;

  private:
    std::string name_;
    std::vector<Step> steps_;
};

struct House {
    base::ScriptedClock clock{0};
    base::ScriptedRandom random{1};
    ScriptedStop stop{clock};
    RecordingSink sink;
    ChatRequest request;

    std::shared_ptr<ScriptedProvider> provider(std::string name,
                                               std::vector<ScriptedProvider::Step> steps) {
        return std::make_shared<ScriptedProvider>(std::move(name), std::move(steps));
    }
};

TEST(Router, TheRouteThatIsAskedForComesFirstAndOthersOnlyInTheirTurn) {
    House house;
    auto first = house.provider("a", std::vector<ScriptedProvider::Step>(2));
    auto second = house.provider("b", {{TroubleKind::overloaded}, {}});
    auto third = house.provider("c", std::vector<ScriptedProvider::Step>(1));
    Router router({{first, "m1", {}},
                   {second, "m2", {.attempts_max = 1}, Route::Use::when_asked},
                   {third, "m3", {}, Route::Use::when_asked}},
                  house.clock, house.random);
    EXPECT_EQ(*router.route_named("b"), "b");
    EXPECT_EQ(*router.route_named("b/m2"), "b");
    const auto unknown = router.route_named("b/m1");
    EXPECT_EQ(unknown.error().code, base::Code::not_found);
    EXPECT_NE(unknown.error().what.find("a/m1, b/m2, c/m3"), std::string::npos);
    house.request.route = "b";
    const RoutedReply routed = router.complete(house.request, house.sink, house.stop);
    // It fails, so the next in turn answers; what nobody asked for is not tried.
    EXPECT_EQ(routed.reply.answer.provider, "a");
    EXPECT_EQ(second->calls, 1U);
    EXPECT_EQ(third->calls, 0U);
    house.request.route.clear();
    router.complete(house.request, house.sink, house.stop);
    EXPECT_EQ(second->calls, 1U);
}

struct Classes {
    House house;
    gate::Circumstances caller;
    std::shared_ptr<ScriptedProvider> cloud = house.provider("cloud", {{}});
    std::shared_ptr<ScriptedProvider> here = house.provider("here", {{}});
    Route far{cloud,
              "m",
              {.attempts_max = 1},
              Route::Use::in_turn,
              {flow::DataClass::internal},
              {flow::DataClass::credential}};
    Route near{here, "m", {.attempts_max = 1}};

    RoutedReply ask(std::vector<Route> routes, flow::DataClasses held) {
        caller.label.classes = held;
        house.request.caller = &caller;
        Router router(std::move(routes), house.clock, house.random);
        return router.complete(house.request, house.sink, house.stop);
    }
};

TEST(Router, AskedIsTheFirstThatAcceptsWhatTheConversationHolds) {
    Classes two;
    EXPECT_EQ(two.ask({two.far, two.near}, {flow::DataClass::internal}).reply.answer.provider,
              "cloud");
    const auto routed = two.ask({two.far, two.near}, {flow::DataClass::customer});
    EXPECT_EQ(routed.reply.answer.provider, "here");
    ASSERT_EQ(routed.reply.answer.notices.size(), 1U);
    EXPECT_EQ(routed.reply.answer.notices[0],
              "Answered by here: cloud does not accept customer data, which this conversation "
              "holds.");
    EXPECT_EQ(two.cloud->calls, 1U);
    // What may go once it is replaced is tried; whether it was is the gate's to see.
    EXPECT_EQ(two.ask({two.far, two.near}, {flow::DataClass::credential}).reply.answer.provider,
              "cloud");
    two.house.request.route = "cloud";
    EXPECT_EQ(two.ask({two.near, two.far}, {flow::DataClass::customer}).reply.answer.provider,
              "here")
        << "also when it is asked for by name";
}

TEST(Router, AFailureNeverLeadsToWhereAClassIsNotAccepted) {
    Classes two;
    two.near.provider = two.here = two.house.provider("here", {{TroubleKind::overloaded}});
    const auto routed = two.ask({two.near, two.far}, {flow::DataClass::customer});
    EXPECT_FALSE(routed.reply.ok());
    EXPECT_EQ(two.cloud->calls, 0U);
    EXPECT_EQ(two.ask({two.near, two.far}, {flow::DataClass::internal}).reply.answer.provider,
              "cloud");
}

TEST(Router, WhereNoneAcceptsTheFirstIsAskedForSoThatTheGateRefusesIt) {
    Classes two;
    two.near.accepts = {flow::DataClass::internal};
    two.far.provider = two.cloud = two.house.provider("cloud", {{TroubleKind::forbidden}});
    const auto routed = two.ask({two.far, two.near}, {flow::DataClass::customer});
    EXPECT_FALSE(routed.reply.ok());
    EXPECT_EQ(two.cloud->calls, 1U);
    EXPECT_EQ(two.here->calls, 0U);
}

TEST(Router, RetriesWithFullJitterAndThenSucceeds) {
    House house;
    auto first = house.provider("a", {{TroubleKind::overloaded}, {TroubleKind::network}, {}});
    Router router({{first, "", {}}}, house.clock, house.random);
    const RoutedReply routed = router.complete(house.request, house.sink, house.stop);
    EXPECT_TRUE(routed.reply.ok());
    EXPECT_EQ(routed.attempts, 3U);
    EXPECT_EQ(house.sink.shown, "I am a");
    ASSERT_EQ(house.stop.waits_ms.size(), 2U);
    EXPECT_LE(house.stop.waits_ms[0], 500);
    EXPECT_LE(house.stop.waits_ms[1], 1000);
    EXPECT_GE(house.stop.waits_ms[0], 0);
}

TEST(Router, JitterCoversItsWholeRangeAndGrowsToTheMaximum) {
    House house;
    RetryRules rules;
    rules.attempts_max = 40;
    auto first = house.provider("a", {{TroubleKind::overloaded}});
    Router router({{first, "", rules}}, house.clock, house.random);
    (void)router.complete(house.request, house.sink, house.stop);
    const auto& waits = house.stop.waits_ms;
    ASSERT_EQ(waits.size(), 39U);
    EXPECT_LE(*std::max_element(waits.begin(), waits.end()), rules.backoff_max_ms);
    EXPECT_GT(*std::max_element(waits.begin(), waits.end()), rules.backoff_max_ms / 2);
    EXPECT_LT(*std::min_element(waits.begin() + 10, waits.end()), rules.backoff_max_ms / 2);
}

TEST(Router, RetryAfterIsALowerBoundAndTooLongAWaitGoesToTheNext) {
    House house;
    auto first = house.provider("a", {{TroubleKind::rate_limit, 7000}, {}});
    Router router({{first, "", {}}}, house.clock, house.random);
    EXPECT_TRUE(router.complete(house.request, house.sink, house.stop).reply.ok());
    ASSERT_EQ(house.stop.waits_ms.size(), 1U);
    EXPECT_GE(house.stop.waits_ms[0], 7000);
    EXPECT_LE(house.stop.waits_ms[0], 7500);

    House other;
    auto slow = other.provider("slow", {{TroubleKind::rate_limit, 3'600'000}});
    auto next = other.provider("next", {{}});
    Router two({{slow, "", {}}, {next, "", {}}}, other.clock, other.random);
    const RoutedReply routed = two.complete(other.request, other.sink, other.stop);
    EXPECT_TRUE(routed.reply.ok());
    EXPECT_EQ(slow->calls, 1U);
    EXPECT_TRUE(other.stop.waits_ms.empty());
    ASSERT_EQ(routed.reply.answer.notices.size(), 1U);
    EXPECT_NE(routed.reply.answer.notices[0].find("Answered by next because of slow"),
              std::string::npos);
}

TEST(Router, NothingIsSaidTwice) {
    House house;
    auto first = house.provider("a", {{TroubleKind::cut, {}, "Hello, I"}});
    auto second = house.provider("b", {{}});
    Router router({{first, "", {}}, {second, "", {}}}, house.clock, house.random);
    const RoutedReply routed = router.complete(house.request, house.sink, house.stop);
    EXPECT_FALSE(routed.reply.ok());
    EXPECT_EQ(routed.reply.trouble->kind, TroubleKind::cut);
    EXPECT_EQ(house.sink.shown, "Hello, I");
    EXPECT_EQ(text_of(routed.reply.answer.message), "Hello, I");
    EXPECT_EQ(first->calls, 1U);
    EXPECT_EQ(second->calls, 0U);
}

TEST(Router, AWrongKeyIsNotTriedAgainAndItsFixIsNamed) {
    House house;
    auto only = house.provider("anthropic", {{TroubleKind::auth}});
    Router router({{only, "", {}}}, house.clock, house.random);
    const RoutedReply routed = router.complete(house.request, house.sink, house.stop);
    EXPECT_EQ(only->calls, 1U);
    EXPECT_NE(routed.reply.trouble->what.find("hardshell secret set NAME"), std::string::npos);
}

TEST(Router, ABadRequestAndALongContextGoNowhereElse) {
    for (const TroubleKind kind : {TroubleKind::bad_request, TroubleKind::context_too_long}) {
        House house;
        auto first = house.provider("a", {{kind}});
        auto second = house.provider("b", {{}});
        Router router({{first, "", {}}, {second, "", {}}}, house.clock, house.random);
        EXPECT_EQ(router.complete(house.request, house.sink, house.stop).reply.trouble->kind, kind);
        EXPECT_EQ(first->calls, 1U);
        EXPECT_EQ(second->calls, 0U);
    }
}

TEST(Router, WhenAllFailEveryReasonIsTold) {
    House house;
    auto first = house.provider("a", {{TroubleKind::auth}});
    auto second = house.provider("b", {{TroubleKind::server}});
    Router router({{first, "", {}}, {second, "", {}}}, house.clock, house.random);
    const RoutedReply routed = router.complete(house.request, house.sink, house.stop);
    EXPECT_EQ(routed.reply.trouble->kind, TroubleKind::auth);
    EXPECT_NE(routed.reply.trouble->what.find(". Then b: the provider failed"), std::string::npos);
    EXPECT_EQ(routed.attempts, 4U);
}

TEST(Router, AKindThatNoOtherRouteCanHelpDecides) {
    House house;
    auto first = house.provider("a", {{TroubleKind::auth}});
    auto second = house.provider("b", {{TroubleKind::context_too_long}});
    auto third = house.provider("c", {{}});
    Router router({{first, "", {}}, {second, "", {}}, {third, "", {}}}, house.clock, house.random);
    const RoutedReply routed = router.complete(house.request, house.sink, house.stop);
    EXPECT_EQ(routed.reply.trouble->kind, TroubleKind::context_too_long);
    EXPECT_TRUE(routed.reply.trouble->what.starts_with("a: its key"));
    EXPECT_EQ(third->calls, 0U);
}

TEST(Router, ARouteThatFailedRestsAndComesBack) {
    House house;
    auto first = house.provider("a", {{TroubleKind::auth}, {}});
    auto second = house.provider("b", {{}});
    Router router({{first, "m-a", {}}, {second, "m-b", {}}}, house.clock, house.random);
    EXPECT_EQ(router.complete(house.request, house.sink, house.stop).reply.answer.provider, "b");
    EXPECT_EQ(router.complete(house.request, house.sink, house.stop).reply.answer.provider, "b");
    EXPECT_EQ(first->calls, 1U);
    house.clock.advance_ms(RetryRules{}.rest_ms + 1);
    EXPECT_EQ(router.complete(house.request, house.sink, house.stop).reply.answer.provider, "a");
    EXPECT_EQ(first->models, (std::vector<std::string>{"m-a", "m-a"}));
    EXPECT_EQ(second->models, (std::vector<std::string>{"m-b", "m-b"}));
}

TEST(Router, StopDuringAWaitEndsTheCallAtOnce) {
    House house;
    house.stop.stops_at_wait = 1;
    auto first = house.provider("a", {{TroubleKind::overloaded, 50'000}, {}});
    auto second = house.provider("b", {{}});
    Router router({{first, "", {}}, {second, "", {}}}, house.clock, house.random);
    const RoutedReply routed = router.complete(house.request, house.sink, house.stop);
    EXPECT_EQ(routed.reply.trouble->kind, TroubleKind::cancelled);
    EXPECT_EQ(first->calls, 1U);
    EXPECT_EQ(second->calls, 0U);
    EXPECT_EQ(house.clock.wall_ms(), 0);
}

TEST(Router, EveryAttemptThatCostIsCharged) {
    House house;
    auto first = house.provider("a", {{TroubleKind::server, {}, "", {10, 1, 0, 0}}});
    auto second = house.provider("b", {{{}, {}, "", {20, 2, 3, 4}}});
    RetryRules rules;
    rules.attempts_max = 2;
    Router router({{first, "m", rules}, {second, "n", rules}}, house.clock, house.random);
    const RoutedReply routed = router.complete(house.request, house.sink, house.stop);
    ASSERT_EQ(routed.charges.size(), 3U);
    EXPECT_EQ(routed.charges[0].provider, "a");
    EXPECT_EQ(routed.charges[1].usage, (Usage{10, 1, 0, 0}));
    EXPECT_EQ(routed.charges[2].model, "n");
    EXPECT_EQ(routed.charges[2].usage, (Usage{20, 2, 3, 4}));
}

TEST(StopSwitch, WakesWhoWaits) {
    StopSwitch stop;
    EXPECT_FALSE(stop.wait_ms(1));
    std::thread other([&] { stop.request(); });
    EXPECT_TRUE(stop.wait_ms(10'000));
    other.join();
    EXPECT_TRUE(stop.requested());
}

TEST(Excerpt, HidesWhatCouldSteerATerminal) {
    EXPECT_EQ(excerpt("a\x1b[31m\nb\u009bc\u202ed\u2028e"), "a [31m b c d e");
    EXPECT_EQ(excerpt("\xff"), "\xef\xbf\xbd");
    EXPECT_EQ(excerpt(std::string(400, 'x')).size(), 300 + std::string("…").size());
}

TEST(RetryAfter, ReadsSecondsAndEveryDateForm) {
    const base::WallTime_ms now = 784'111'777'000;  // Sun, 06 Nov 1994 08:49:37 GMT
    const auto read = [now](std::string value) {
        return retry_after_ms({{"retry-after", std::move(value)}}, now);
    };
    EXPECT_EQ(read("120"), 120'000);
    EXPECT_EQ(read("1.5"), 1500);
    EXPECT_EQ(read("0"), 0);
    EXPECT_EQ(read("Sun, 06 Nov 1994 08:49:47 GMT"), 10'000);
    EXPECT_EQ(read("Sunday, 06-Nov-94 08:49:47 GMT"), 10'000);
    EXPECT_EQ(read("Sun Nov  6 08:49:47 1994"), 10'000);
    EXPECT_EQ(read("Sun, 06 Nov 1994 08:49:30 GMT"), 0);
    EXPECT_EQ(read("99999999999"), 86'400'000);
    for (const char* bad : {"", "-1", "soon", "1e9", ".5", "1.2.3", "12 ", "Sun, 06 Nov 1994"}) {
        EXPECT_FALSE(read(bad)) << bad;
    }
    EXPECT_FALSE(retry_after_ms({}, now));
    EXPECT_EQ(retry_after_ms({{"retry-after", "9"}, {"retry-after-ms", "250"}}, now), 250);
}

TEST(Discovery, FindsWhatAnswersLikeAModelServer) {
    base::ScriptedClock clock(0);
    ScriptedTransport transport(clock);
    ScriptedStop stop(clock);
    transport.answers = {
        {.body = R"({"models":[{"name":"nomic-embed","details":{"family":"nomic-bert"}},
                    {"name":"qwen3:8b","details":{"family":"qwen3"}},{"name":7},{"x":1}]})"},
        {.body = R"({"object":"list","data":[{"id":"gemma","owned_by":"llamacpp"}]})"},
        {.body = R"({"default_generation_settings":{"n_ctx":16384}})"}};
    const auto found = find_local_servers(transport, stop);
    ASSERT_EQ(found.size(), 2U);
    EXPECT_EQ(found[0].models, std::vector<std::string>{"qwen3:8b"});
    EXPECT_EQ(found[0].url.text(), "http://127.0.0.1:11434/v1/chat/completions");
    EXPECT_EQ(found[0].context_tokens, ollama_context_tokens);
    EXPECT_EQ(found[1].server, OpenAiServer::llama_cpp);
    EXPECT_EQ(found[1].context_tokens, 16384);
    EXPECT_EQ(transport.requests[0].url.text(), "http://127.0.0.1:11434/api/tags");
    EXPECT_EQ(transport.requests[0].credential, Credential{});
    EXPECT_LE(transport.requests[0].deadlines.total_ms, 500);
}

TEST(Discovery, AnotherServerOnThePortIsNotTaken) {
    base::ScriptedClock clock(0);
    ScriptedStop stop(clock);
    for (const std::string body : {"<html>Jenkins</html>", "{}", "[]", R"({"models":7,"data":7})",
                                   R"({"models":[],"data":[{"id":"x","owned_by":"someone"}]})"}) {
        ScriptedTransport transport(clock);
        transport.answers = {{.body = body}};
        transport.repeat_last = true;
        EXPECT_TRUE(find_local_servers(transport, stop).empty()) << body;
    }
    ScriptedTransport endless(clock);
    endless.answers = {{.endless = std::string(100'000, ' ')}};
    endless.repeat_last = true;
    EXPECT_TRUE(find_local_servers(endless, stop).empty());
    ScriptedTransport nobody(clock);
    EXPECT_TRUE(find_local_servers(nobody, stop).empty());
}

}  // namespace
}  // namespace hs::models
