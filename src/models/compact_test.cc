#include "models/compact.h"

#include <gtest/gtest.h>

#include "base/clock.h"
#include "models/anthropic.h"
#include "models/chat_json.h"
#include "models/conversation.h"

namespace hs::models {
namespace {

Message call_of(std::string id, bool thinks = true) {
    Message message{Role::assistant, {}};
    if (thinks) message.parts.push_back(ThinkingPart{"anthropic", "so " + id, "sig-" + id, ""});
    message.parts.push_back(
        ToolCallPart{std::move(id), "files_read", wire::JsonObject{{"path", "x"}}, "", ""});
    return message;
}
Message result_of(std::string id, std::size_t bytes = 100) {
    return {Role::user, {ToolResultPart{std::move(id), std::string(bytes, 'r'), false}}};
}

// A person's message, then `steps` calls with results, then an answer.
void add_turn(std::vector<Message>& messages, int number, int steps, std::size_t bytes) {
    const std::string name = "t" + std::to_string(number);
    messages.push_back(user_text("request " + name));
    for (int i = 0; i < steps; ++i) {
        const std::string id = name + "_" + std::to_string(i);
        messages.push_back(call_of(id));
        messages.push_back(result_of(id, bytes));
    }
    messages.push_back(assistant_text("answer " + name));
}

bool pairs_hold(const std::vector<Message>& messages) {
    const bool is_whole = mend_conversation(messages) == messages;
    // What needs no mending is lent, not copied; everything else is not.
    EXPECT_EQ(&mended(messages).all() == &messages, is_whole);
    return is_whole;
}

TEST(Compact, EstimatesAreNeverBelowWhatTokenizersGive) {
    // Of English and code about 3.5 to 4.5 bytes make a token.
    EXPECT_GE(estimate_tokens(std::string(9000, 'a')), 3000);
    ChatRequest request;
    EXPECT_EQ(estimate_tokens(request), 0);
    request.messages = {user_text("hello")};
    request.tools = {{"a", "b", wire::JsonObject{{"type", "object"}}}};
    EXPECT_GT(estimate_tokens(request), 40);
}

TEST(Compact, FoldingBeginsBeforeTheWindowEnds) {
    WindowRules rules;
    rules.context_tokens = 10'000;
    rules.output_tokens = 2'000;
    ChatRequest request;
    request.messages = {user_text(std::string(18'000, 'x'))};
    EXPECT_FALSE(needs_folding(request, rules));
    request.messages = {user_text(std::string(19'300, 'x'))};
    EXPECT_TRUE(needs_folding(request, rules));
}

TEST(Compact, PairsAreNeverSplitAndThinkingStaysWithItsMessage) {
    base::ScriptedRandom random(3);
    int folded = 0;
    for (int round = 0; round < 500; ++round) {
        std::vector<Message> messages;
        const int turns = 1 + static_cast<int>(random.next() % 6);
        for (int i = 0; i < turns; ++i) {
            add_turn(messages, i, static_cast<int>(random.next() % 6), 1 + random.next() % 3000);
        }
        if (random.next() % 2 == 0) messages.pop_back();
        ASSERT_TRUE(pairs_hold(messages));
        WindowRules rules;
        rules.context_tokens = 500 + static_cast<std::int64_t>(random.next() % 8000);
        rules.keep_percent = static_cast<std::int64_t>(random.next() % 80);
        const auto fold = choose_fold(messages, rules);
        if (!fold) continue;
        ++folded;
        const auto after = fold_messages(messages, *fold, "summary");
        ASSERT_TRUE(pairs_hold(after)) << round;
        ASSERT_EQ(after.front().role, Role::user);
        const std::vector<Message> kept(messages.begin() + static_cast<std::ptrdiff_t>(fold->end),
                                        messages.end());
        ASSERT_TRUE(std::equal(kept.rbegin(), kept.rend(), after.rbegin()));
    }
    EXPECT_GT(folded, 300);
}

TEST(Compact, APersonsMessageIsThePreferredSeam) {
    std::vector<Message> messages;
    for (int i = 0; i < 6; ++i) add_turn(messages, i, 2, 300);
    WindowRules rules;
    rules.context_tokens = 3'000;
    rules.keep_percent = 30;
    const auto fold = choose_fold(messages, rules);
    ASSERT_TRUE(fold);
    EXPECT_EQ(messages[fold->end].role, Role::user);
    EXPECT_TRUE(text_of(messages[fold->end]).starts_with("request"));
}

TEST(Compact, InsideOneLongTurnTheRequestStaysInView) {
    std::vector<Message> messages;
    add_turn(messages, 0, 40, 2'000);
    messages.pop_back();
    WindowRules rules;
    rules.context_tokens = 20'000;
    const auto fold = choose_fold(messages, rules);
    ASSERT_TRUE(fold);
    EXPECT_EQ(messages[fold->end].role, Role::assistant);
    const auto after = fold_messages(messages, *fold, "read forty files");
    EXPECT_NE(text_of(after[0]).find("request t0"), std::string::npos);
    EXPECT_NE(text_of(after[0]).find("read forty files"), std::string::npos);
    EXPECT_EQ(after[1], messages[fold->end]);
    // It goes out as it is: the first kept message has its thinking before its call.
    ChatRequest request;
    request.messages = after;
    const auto body = *wire::parse_json(anthropic_body(request, Delivery::stream));
    EXPECT_EQ(*body.find("messages")->array()->at(1).find("content")->array()->at(0).find("type"),
              wire::Json("thinking"));
}

TEST(Compact, NothingToFoldSaysSo) {
    WindowRules rules;
    rules.context_tokens = 1'000;
    EXPECT_FALSE(choose_fold({}, rules));
    EXPECT_FALSE(choose_fold({user_text(std::string(100'000, 'x'))}, rules));
    EXPECT_FALSE(choose_fold({user_text("a"), call_of("1"), result_of("1", 100'000)}, rules));
}

TEST(Compact, OldResultsAreShortenedAndNewOnesStay) {
    std::vector<Message> messages;
    for (int i = 0; i < 5; ++i) add_turn(messages, i, 1, 6'000);
    WindowRules rules;
    rules.context_tokens = 10'000;
    const auto after = shorten_old_results(messages, rules);
    ASSERT_TRUE(pairs_hold(after));
    const auto& old_result = std::get<ToolResultPart>(after[2].parts[0]);
    EXPECT_LT(old_result.content.size(), rules.old_result_bytes + 100);
    EXPECT_NE(old_result.content.find("5400 bytes left out"), std::string::npos);
    EXPECT_EQ(after[after.size() - 2], messages[messages.size() - 2]);
    EXPECT_EQ(shorten_old_results(after, rules), after);
}

TEST(Compact, TheSummaryRequestFitsIntoTheWindowItself) {
    std::vector<Message> messages;
    for (int i = 0; i < 200; ++i) add_turn(messages, i, 3, 50'000);
    messages.push_back(user_text(std::string(500'000, 'y')));
    messages.push_back(assistant_text("ok"));
    ChatRequest request;
    request.model = "m";
    request.messages = messages;
    WindowRules rules;
    rules.context_tokens = 8'000;
    rules.output_tokens = 1'000;
    const auto summary = summary_request(request, Fold{messages.size() - 1}, rules);
    EXPECT_LE(estimate_tokens(summary) + summary.max_tokens, rules.context_tokens);
    EXPECT_TRUE(summary.tools.empty());
    EXPECT_EQ(summary.messages.size(), 1U);
    EXPECT_NE(text_of(summary.messages[0]).find("oldest part is left out"), std::string::npos);
    // Thinking is not repeated to a model.
    const auto small = summary_request(request, Fold{4}, WindowRules{});
    EXPECT_EQ(text_of(small.messages[0]).find("so t0_0"), std::string::npos);
    EXPECT_NE(text_of(small.messages[0]).find("Assistant called files_read {\"path\":\"x\"}"),
              std::string::npos);
}

TEST(Conversation, LendsWhatIsWellFormedAndCopiesTheRest) {
    const std::vector<std::vector<Message>> all = {
        {user_text("a")},
        {user_text("a"), assistant_text("b")},
        {user_text("a"), call_of("1"), result_of("1"), assistant_text("b")},
        {user_text("a"), call_of("1"), result_of("2")},
        {user_text("a"), call_of("1"), user_text("b")},
        {user_text("a"), call_of("1")},
        {user_text("a"), result_of("1")},
        {user_text("a"), user_text("b")},
        {user_text("a"), assistant_text(" ")},
        {assistant_text("a")},
        {user_text("")},
        {user_text("a"), {Role::assistant, {ThinkingPart{"anthropic", "t", "s", ""}}}},
        {user_text("a"), {Role::assistant, {}}},
        {{Role::user, {ToolCallPart{"1", "x", {}, "", ""}}}},
        {user_text("a"),
         call_of("1"),
         {Role::user, {TextPart{"b"}, ToolResultPart{"1", "", false}}}},
        {}};
    for (const auto& messages : all) {
        const bool is_whole = mend_conversation(messages) == messages;
        EXPECT_EQ(&mended(messages).all() == &messages, is_whole);
        EXPECT_EQ(mended(messages).all(), mend_conversation(messages));
    }
}

TEST(Conversation, MendsWhatAnInterruptionLeft) {
    // A call without a result, then new text.
    const auto mended = mend_conversation({user_text("a"), call_of("1"), user_text("b")});
    ASSERT_EQ(mended.size(), 3U);
    const auto& result = std::get<ToolResultPart>(mended[2].parts[0]);
    EXPECT_EQ(result.call_id, "1");
    EXPECT_TRUE(result.is_error);
    EXPECT_EQ(result.content, missing_result_text);
    EXPECT_EQ(text_of(mended[2]), "b");
    // A call at the very end, a result of nothing, two messages of one role, empty text.
    EXPECT_EQ(mend_conversation({user_text("a"), call_of("1")}).size(), 3U);
    EXPECT_EQ(mend_conversation({result_of("x"), user_text("a")}),
              (std::vector<Message>{user_text("a")}));
    EXPECT_EQ(mend_conversation({user_text("a"), user_text("b")}).size(), 1U);
    EXPECT_EQ(mend_conversation({user_text("a"), assistant_text(" \n"), user_text("b")}).size(),
              1U);
    EXPECT_EQ(mend_conversation({assistant_text("hi")}).front().role, Role::user);
    EXPECT_TRUE(mend_conversation({}).empty());
    EXPECT_TRUE(mend_conversation({result_of("x")}).empty());
    // Results in the wrong order and twice.
    Message two = call_of("1");
    two.parts.push_back(ToolCallPart{"2", "files_read", {}, "", ""});
    const Message results{
        Role::user,
        {ToolResultPart{"2", "second", false}, ToolResultPart{"1", "first", false},
         ToolResultPart{"1", "again", false}}};
    const auto ordered = mend_conversation({user_text("a"), two, results});
    EXPECT_EQ(std::get<ToolResultPart>(ordered[2].parts[0]).content, "first");
    EXPECT_EQ(ordered[2].parts.size(), 2U);
}

TEST(Conversation, MendingTwiceChangesNothingMore) {
    base::ScriptedRandom random(11);
    for (int round = 0; round < 3000; ++round) {
        std::vector<Message> messages;
        for (std::uint64_t i = random.next() % 8; i > 0; --i) {
            const std::string id = std::to_string(random.next() % 3);
            switch (random.next() % 5) {
                case 0:
                    messages.push_back(user_text(random.next() % 4 == 0 ? "" : "u"));
                    break;
                case 1:
                    messages.push_back(assistant_text("a"));
                    break;
                case 2:
                    messages.push_back(call_of(id));
                    break;
                case 3:
                    messages.push_back(result_of(id));
                    break;
                default:
                    messages.push_back(
                        {Role::assistant, {ThinkingPart{"anthropic", "t", "s", ""}}});
            }
        }
        const auto once = mend_conversation(messages);
        ASSERT_EQ(mend_conversation(once), once) << round;
        for (std::size_t i = 0; i < once.size(); ++i) {
            ASSERT_EQ(once[i].role, i % 2 == 0 ? Role::user : Role::assistant);
            ASSERT_FALSE(once[i].parts.empty());
        }
    }
}

TEST(ChatJson, AMessageReadsBackAsItWas) {
    Message message = call_of("1");
    message.parts.push_back(ThinkingPart{"anthropic", "", "", "opaque"});
    message.parts.push_back(TextPart{"é\n"});
    std::get<ToolCallPart>(message.parts[1]).problem = "p";
    std::get<ToolCallPart>(message.parts[1]).raw = "{";
    for (const Message& each : {message, result_of("1"), user_text("x")}) {
        const auto json = wire::parse_json(wire::canonical_json(message_to_json(each)));
        ASSERT_TRUE(json);
        EXPECT_EQ(*message_from_json(*json), each);
    }
    for (const char* bad :
         {"{}", R"({"role":"system","parts":[]})", R"({"role":"user"})",
          R"({"role":"user","parts":[{"kind":"image"}]})", R"({"role":"user","parts":[7]})"}) {
        EXPECT_FALSE(message_from_json(*wire::parse_json(bad))) << bad;
    }
    const Usage usage{1, 2, 3, 4};
    EXPECT_EQ(*usage_from_json(usage_to_json(usage)), usage);
    EXPECT_FALSE(usage_from_json(usage_to_json({-1, 0, 0, 0})));
}

}  // namespace
}  // namespace hs::models
