#include "models/offline.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <fstream>

#include "base/clock.h"
#include "models/offline_grammar.h"
#include "models/testing/scripted_transport.h"

namespace hs::models {
namespace {

using testing::RecordingSink;
using testing::ScriptedStop;

// "tool arguments" for each call, one a line, or the answer.
std::string parsed(std::string_view text) {
    const OfflineAction action = parse_offline_text(text);
    if (const auto* answer = std::get_if<std::string>(&action)) return "says: " + *answer;
    std::string out;
    for (const OfflineCall& call : std::get<std::vector<OfflineCall>>(action)) {
        if (!out.empty()) out += '\n';
        out += call.tool + ' ' + wire::canonical_json(call.arguments);
    }
    return out;
}

TEST(OfflineWords, SplitsAsAShellAndExpandsNothing) {
    const auto words = [](std::string_view text) {
        std::vector<std::string> out;
        const auto split = split_words(text);
        EXPECT_TRUE(split) << text;
        for (const Word& word : *split) out.push_back(word.text);
        return out;
    };
    using Texts = std::vector<std::string>;
    EXPECT_EQ(words("a  b\tc\n"), (Texts{"a", "b", "c"}));
    EXPECT_EQ(words(R"(a'b c'd "e f" g\ h)"), (Texts{"ab cd", "e f", "g h"}));
    EXPECT_EQ(words(R"('' "")"), (Texts{"", ""}));
    EXPECT_EQ(words(R"("a\"b\\c\$d\`e\n" 'x\y')"), (Texts{"a\"b\\c$d`e\\n", "x\\y"}));
    EXPECT_EQ(words("$HOME ~ *.txt {a,b} !x #y"),
              (Texts{"$HOME", "~", "*.txt", "{a,b}", "!x", "#y"}));
    EXPECT_EQ(words("'a|b;c&d' \"<>\""), (Texts{"a|b;c&d", "<>"}));
    EXPECT_EQ(words("a\\\nb"), (Texts{"ab"}));
    for (const std::string bad :
         {"a | b", "a;b", "a&&b", "a > b", "a < b", "`id`", "'open", "\"open", "end\\"}) {
        EXPECT_FALSE(split_words(bad)) << bad;
    }
    EXPECT_FALSE(split_words(std::string_view("a\0b", 3)));
    std::string many;
    for (int i = 0; i < 1001; ++i) many += "a ";
    EXPECT_FALSE(split_words(many));
}

TEST(OfflineGrammar, EveryCommandGivesItsCall) {
    const std::pair<std::string_view, std::string_view> cases[] = {
        {"list the files here", R"(files_list {"path":"."})"},
        {"List files", R"(files_list {"path":"."})"},
        {"ls", R"(files_list {"path":"."})"},
        {"list the files in src", R"(files_list {"path":"src"})"},
        {"please list files in \"my docs\"", R"(files_list {"path":"my docs"})"},
        {"list all files", R"(files_list {"path":"."})"},
        {"list src", R"(files_list {"path":"src"})"},
        {"can you list the files here?", R"(files_list {"path":"."})"},
        {"read README.md", R"(files_read {"path":"README.md"})"},
        {"READ 'a b.txt'", R"(files_read {"path":"a b.txt"})"},
        {"find *.md in docs", R"(files_find {"name":"*.md","path":"docs"})"},
        {"find x", R"(files_find {"name":"x","path":"."})"},
        {"search \"main(\" in src", R"(files_grep {"path":"src","pattern":"main("})"},
        {"search for to be in here in src",
         R"(files_grep {"path":"src","pattern":"to be in here"})"},
        {"search x", R"(files_grep {"path":".","pattern":"x"})"},
        {"write \"a to b\" to note.txt", R"(files_write {"content":"a to b","path":"note.txt"})"},
        {"write hello  world to to to 'x y'",
         R"(files_write {"content":"hello  world to to","path":"x y"})"},
        {"write 'l1\nl2' to n", R"(files_write {"content":"l1\nl2","path":"n"})"},
        {"replace \"helo\" with \"hello\" in n",
         R"(files_edit {"new":"hello","old":"helo","path":"n"})"},
        {"run uname -a", R"(shell_run {"argv":["uname","-a"]})"},
        {"run sh -c 'echo $HOME | wc'", R"(shell_run {"argv":["sh","-c","echo $HOME | wc"]})"},
        {"fetch http://127.0.0.1:8000/a?x=1&y=2;z",
         R"(http_fetch {"url":"http://127.0.0.1:8000/a?x=1&y=2;z"})"},
        {"fetch HTTP://Example.com", R"(http_fetch {"url":"http://example.com/"})"},
        {"read a\n\nrun b c\n", "files_read {\"path\":\"a\"}\nshell_run {\"argv\":[\"b\",\"c\"]}"},
    };
    for (const auto& [text, expected] : cases) EXPECT_EQ(parsed(text), expected) << text;
}

TEST(OfflineGrammar, WhatItDoesNotUnderstandItSaysAndNeverRuns) {
    for (const std::string bad : {"hello",
                                  "",
                                  "   ",
                                  "read",
                                  "read a b",
                                  "list a b",
                                  "list the files here now",
                                  "find",
                                  "find a b",
                                  "search",
                                  "search a in",
                                  "write x",
                                  "write to",
                                  "write to x",
                                  "replace a in b",
                                  "run",
                                  "run ''",
                                  "fetch",
                                  "fetch example.com",
                                  "fetch http://a b/",
                                  "fetch file:///etc/passwd",
                                  "run a | b",
                                  "run 'x",
                                  "readme",
                                  "rm -rf /",
                                  "run a\nnonsense",
                                  "help\nrun x"}) {
        EXPECT_TRUE(parsed(bad).starts_with("says: ")) << bad << " -> " << parsed(bad);
    }
    EXPECT_NE(parsed("hello").find("no language model"), std::string::npos);
    EXPECT_NE(parsed("help").find("run PROGRAM"), std::string::npos);
    EXPECT_NE(parsed("run a | b").find("no shell here"), std::string::npos);
    EXPECT_EQ(parsed("remember that I like \"tea\"; a lot"),
              R"(remember {"text":"I like \"tea\"; a lot"})");
    EXPECT_NE(parsed("forget all of it").find("Write it as"), std::string::npos);
    std::string nine;
    for (int i = 0; i < 9; ++i) nine += "read a\n";
    EXPECT_NE(parsed(nine).find("At most 8"), std::string::npos);
    EXPECT_NE(parsed(std::string(2'000'000, 'x')).find("exceeds"), std::string::npos);
    EXPECT_LT(parsed(std::string(1'000'000, 'x')).size(), 3'000U);
}

// The examples of docs/offline-provider.md are what the grammar does.
TEST(OfflineGrammar, TheDocumentationIsTrue) {
    std::string path = HS_TESTDATA;  // <source>/src/models/testdata
    path.resize(path.rfind("src/models"));
    path += "docs/offline-provider.md";
    std::ifstream file(path);
    ASSERT_TRUE(file) << path;
    std::string line;
    int examples = 0;
    while (std::getline(file, line)) {
        if (!line.starts_with("| `")) continue;
        std::vector<std::string> codes;
        for (std::size_t begin = line.find('`'); begin != std::string::npos;
             begin = line.find('`', begin + 1)) {
            const std::size_t close = line.find('`', begin + 1);
            codes.push_back(line.substr(begin + 1, close - begin - 1));
            begin = close;
        }
        ASSERT_GE(codes.size(), 2U) << line;
        if (codes.size() == 3) {
            EXPECT_EQ(parsed(codes[1]), codes[2]);
        } else {
            EXPECT_TRUE(parsed(codes[1]).starts_with("says: "));
        }
        ++examples;
    }
    EXPECT_EQ(examples, 12);
}

ChatRequest session() {
    ChatRequest request;
    for (const char* name : {"files_list", "files_read", "shell_run"}) {
        request.tools.push_back({name, "", wire::JsonObject{{"type", "object"}}});
    }
    return request;
}

Reply ask(const ChatRequest& request, RecordingSink& sink) {
    base::ScriptedClock clock(0);
    ScriptedStop stop(clock);
    return OfflineProvider().complete(request, sink, stop);
}

TEST(Offline, OneTurnEndToEnd) {
    ChatRequest request = session();
    request.messages = {user_text("run uname -a\nread x")};
    RecordingSink sink;
    const Reply first = ask(request, sink);
    EXPECT_EQ(first.answer.finish, Finish::tool_calls);
    EXPECT_EQ(sink.calls, (std::vector<std::string>{"shell_run", "files_read"}));
    request.messages.push_back(first.answer.message);
    const auto id = [&](std::size_t i) {
        return std::get<ToolCallPart>(first.answer.message.parts[i]).id;
    };
    request.messages.push_back({Role::user,
                                {ToolResultPart{id(0), "Linux ```\n", false},
                                 ToolResultPart{id(1), "no such file", true}}});
    RecordingSink after;
    const Reply second = ask(request, after);
    EXPECT_EQ(second.answer.finish, Finish::end_turn);
    EXPECT_EQ(second.answer.provider, "offline");
    EXPECT_EQ(second.answer.usage, Usage{});
    EXPECT_EQ(after.shown,
              "Ran uname -a:\n````\nLinux ```\n````\n\nNot done: x:\n```\nno such file\n```\n");
    EXPECT_EQ(text_of(second.answer.message), after.shown);
    // The ids of a later turn are new ones.
    request.messages.push_back(second.answer.message);
    request.messages.push_back(user_text("read y"));
    RecordingSink third_sink;
    const Reply third = ask(request, third_sink);
    EXPECT_NE(std::get<ToolCallPart>(third.answer.message.parts[0]).id, id(0));
}

TEST(Offline, ALongResultIsCutAndCounted) {
    ChatRequest request = session();
    request.messages = {user_text("read x")};
    RecordingSink sink;
    const Reply first = ask(request, sink);
    request.messages.push_back(first.answer.message);
    request.messages.push_back(
        {Role::user,
         {ToolResultPart{std::get<ToolCallPart>(first.answer.message.parts[0]).id,
                         std::string(200'000, 'x'), false}}});
    RecordingSink after;
    (void)ask(request, after);
    EXPECT_LT(after.shown.size(), offline_result_bytes_max + 200);
    EXPECT_NE(after.shown.find("(134464 more bytes are not shown.)"), std::string::npos);
}

TEST(Offline, AToolThatIsNotOfferedIsNotCalled) {
    ChatRequest request = session();
    request.messages = {user_text("fetch http://example.com/")};
    RecordingSink sink;
    const Reply reply = ask(request, sink);
    EXPECT_TRUE(sink.calls.empty());
    EXPECT_NE(sink.shown.find("http_fetch"), std::string::npos);
}

TEST(Offline, StopIsHonouredAndOddConversationsAreAnswered) {
    base::ScriptedClock clock(0);
    ScriptedStop stop(clock);
    stop.request();
    RecordingSink sink;
    EXPECT_EQ(OfflineProvider().complete(session(), sink, stop).trouble->kind,
              TroubleKind::cancelled);
    RecordingSink empty;
    EXPECT_TRUE(ask(session(), empty).ok());
    EXPECT_NE(empty.shown.find("no language model"), std::string::npos);
    ChatRequest orphan = session();
    orphan.messages = {{Role::user, {ToolResultPart{"gone", "data", false}}}};
    RecordingSink shown;
    EXPECT_TRUE(ask(orphan, shown).ok());
    EXPECT_NE(shown.shown.find("data"), std::string::npos);
}

}  // namespace
}  // namespace hs::models
