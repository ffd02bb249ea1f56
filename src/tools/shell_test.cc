#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "files/write.h"
#include "tools/change_card.h"
#include "tools/command_steps.h"
#include "tools/line_diff.h"
#include "tools/testing/house.h"

namespace hs::tools {
namespace {

using ::testing::HasSubstr;
using testing::House;
using ::testing::Not;
using Keeper = files::testing::ScriptedKeeper;

TEST(ShellRun, TellsTheWaysToEndApart) {
    House house;
    const auto run = [&] { return house.run("shell_run", R"({"argv":["uname","-a"]})"); };
    EXPECT_EQ(run().text, "scripted output\n");
    house.launcher.outcome.code = 3;
    house.launcher.error = "it broke\n";
    EXPECT_THAT(run().text, HasSubstr("[standard error]\nit broke\n[exit code 3"));
    EXPECT_FALSE(run().is_error);
    for (const auto ending :
         {jail::Ending::signalled, jail::Ending::timed_out, jail::Ending::out_of_memory,
          jail::Ending::violated, jail::Ending::not_started}) {
        house.launcher.outcome = {};
        house.launcher.outcome.ending = ending;
        house.launcher.outcome.signal = 9;
        house.launcher.outcome.violation = "ptrace";
        const ToolOutcome outcome = run();
        EXPECT_THAT(outcome.text, HasSubstr(jail::describe(house.launcher.outcome)));
        EXPECT_EQ(outcome.is_error, ending == jail::Ending::not_started);
    }
}

TEST(ShellRun, OutputIsUntrustedAndBounded) {
    House house;
    house.launcher.output = "START" + std::string(40'000, 'x') + "\xff" + "END";
    const ToolOutcome outcome = house.run("shell_run", R"({"argv":["uname"]})");
    EXPECT_LT(outcome.text.size(), 30'000U);
    EXPECT_THAT(outcome.text, HasSubstr("START"));
    EXPECT_THAT(outcome.text, HasSubstr("END"));
    EXPECT_EQ(outcome.label.integrity, flow::Integrity::untrusted);
}

TEST(ShellRun, AScriptIsShownWholeAndStagedByItsHash) {
    House house;
    std::string card;
    const std::string script = "echo one\necho $'\\e' two\xe2\x80\xae\n";
    house.keeper().decide_with([&](const wire::Json& action, const std::string& approval) {
        if (!approval.empty()) return House::allow(action);
        return Keeper::ask("approval-1", house.clock.wall_ms() + 60'000);
    });
    ToolContext context = house.context();
    context.on_pending = [&](const gate::Pending& pending) {
        card = pending.card;
        house.keeper().answer_approval("approval-1", "approved");
    };
    wire::Json arguments;
    arguments["script"] = script;
    const ToolOutcome outcome = house.registry.run({"call", "shell_run", arguments}, context);
    EXPECT_FALSE(outcome.is_error) << outcome.text;
    EXPECT_THAT(card, HasSubstr("  | echo one\n"));
    EXPECT_THAT(card, HasSubstr("two\\u{202e}"));
    const wire::Json action = house.keeper().actions().front();
    const wire::Json& staged = action.find("scripts")->array()->front();
    EXPECT_EQ(*staged.find("sha256")->text(), files::hex_sha256(base::bytes_of(script)));
    EXPECT_EQ(*action.find("argv")->array()->at(1).text(), *staged.find("path")->text());
    EXPECT_EQ(house.launcher.staged.with([](auto& list) { return list.at(0); }), script);
    // Nothing of it stays behind.
    EXPECT_FALSE(os::facts_of_path(*staged.find("path")->text()).ok());
}

TEST(ShellRun, AScriptOfTheProjectIsBoundByItsHash) {
    House house;
    house.project.write("build.sh", "echo build\n");
    ToolContext context = house.context();
    const auto plan = plan_command(context, {"bash", "build.sh", "fast"}, ".", 1000);
    ASSERT_TRUE(plan.ok()) << plan.error().what;
    ASSERT_EQ(plan->action.scripts.size(), 1U);
    EXPECT_EQ(plan->action.scripts[0].path, house.project / "build.sh");
    EXPECT_EQ(plan->action.scripts[0].sha256, files::hex_sha256(base::bytes_of("echo build\n")));
    EXPECT_TRUE(plan_command(context, {"bash", "-c", "echo"}, ".", 1000)->action.scripts.empty());
    EXPECT_TRUE(plan_command(context, {"cat", "build.sh"}, ".", 1000)->action.scripts.empty());
    EXPECT_TRUE(plan_command(context, {"bash", "/etc/profile"}, ".", 1000)->action.scripts.empty());
}

TEST(ShellRun, CancellingKillsTheCommand) {
    House house;
    house.launcher.never_ends = true;
    const auto cancel = os::WakeUp::make();
    ToolContext context = house.context();
    context.cancel = &*cancel;
    std::jthread person([&] {
        while (house.launcher.started == 0) std::this_thread::yield();
        cancel->raise();
    });
    const auto began = std::chrono::steady_clock::now();
    const ToolOutcome outcome = house.run("shell_run", R"({"argv":["sleep","1000"]})", context);
    EXPECT_TRUE(outcome.is_error);
    EXPECT_EQ(*outcome.card.find("outcome")->text(), "cancelled");
    EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(5));
}

TEST(ShellRun, WithoutALauncherNothingRuns) {
    House house;
    ToolContext context = house.context();
    context.launcher = nullptr;
    const ToolOutcome outcome = house.run("shell_run", R"({"argv":["uname"]})", context);
    EXPECT_TRUE(outcome.is_error);
    EXPECT_THAT(outcome.text, HasSubstr("launcher is not running"));
}

TEST(ShellProcesses, BelongToTheirSession) {
    House house;
    house.launcher.never_ends = true;
    const ToolOutcome started =
        house.run("shell_run", R"({"argv":["sleep","9"],"background":true})");
    EXPECT_THAT(started.text, HasSubstr("process 1"));
    EXPECT_THAT(house.run("shell_processes", R"({"action":"list"})").text,
                HasSubstr("running  sleep 9"));
    ToolContext stranger = house.context();
    stranger.circumstances.session = "another";
    EXPECT_TRUE(house.run("shell_processes", R"({"action":"kill","id":1})", stranger).is_error);
    EXPECT_THAT(house.run("shell_processes", R"({"action":"list"})", stranger).text,
                HasSubstr("no background processes"));
    EXPECT_FALSE(house.run("shell_processes", R"({"action":"kill","id":1})").is_error);
    for (int tries = 0; tries < 500; ++tries) {
        const ToolOutcome news = house.run("shell_processes", R"({"action":"output","id":1})");
        if (news.text.find("still running") == std::string::npos) return;
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    FAIL() << "the process did not end";
}

TEST(ChangeCard, KnowsWhatACommandCarries) {
    EXPECT_EQ(carries({"git", "commit", "-m", "x"}), Carries::staged);
    EXPECT_EQ(carries({"git", "commit", "-am", "x"}), Carries::all_tracked);
    EXPECT_EQ(carries({"/usr/bin/git", "-C", "sub", "push"}), Carries::unpushed);
    EXPECT_EQ(carries({"git", "-c", "a=b", "commit", "--all"}), Carries::all_tracked);
    EXPECT_EQ(carries({"git", "status"}), Carries::nothing);
    EXPECT_EQ(carries({"git"}), Carries::nothing);
    EXPECT_EQ(carries({"git", "-C"}), Carries::nothing);
    EXPECT_EQ(carries({}), Carries::nothing);
    EXPECT_EQ(carries({"mygit", "commit"}), Carries::nothing);
}

TEST(ChangeCard, MarksWhatIsEasilyOverlooked) {
    const std::string card = card_of_diff(
        "diff --git a/.github/workflows/ci.yml b/.github/workflows/ci.yml\n"
        "--- a/.github/workflows/ci.yml\n+++ b/.github/workflows/ci.yml\n+run: curl evil\n"
        "--- a/package-lock.json\n+++ b/package-lock.json\n+x\n"
        "--- /dev/null\n+++ b/.husky/pre-commit\n+x\n"
        "--- a/config.py\n+++ b/config.py\n"
        "-key = 'AKIA0000000000000000'\n"
        "+key = 'AKIAIOSFODNN7EXAMPLE'\n"
        "+password = \"correct horse\"\n+password: \"hunter2hunter2\"\n"
        "+hid\xe2\x80\xae"
        "den\n");
    EXPECT_THAT(card, HasSubstr("! CI: .github/workflows/ci.yml\n"));
    EXPECT_THAT(card, HasSubstr("! lock file: package-lock.json\n"));
    EXPECT_THAT(card, HasSubstr("! hook: .husky/pre-commit\n"));
    EXPECT_THAT(card, HasSubstr("looks like a secret (AWS access key) in config.py"));
    EXPECT_THAT(card, HasSubstr("looks like a secret (password) in config.py"));
    EXPECT_THAT(card, HasSubstr("hid\\u{202e}den"));
    std::string huge;
    for (int line = 0; line < 100'000; ++line) huge += "+line\n";
    EXPECT_LT(card_of_diff(huge).size(), 50'000U);
}

TEST(ChangeCard, StandsOnTheApprovalOfACommit) {
    House house;
    house.launcher.output = "--- a/.gitlab-ci.yml\n+++ b/.gitlab-ci.yml\n+deploy\n";
    std::string card;
    house.keeper().decide_with([&](const wire::Json& action, const std::string& approval) {
        const std::string second = *action.find("argv")->array()->at(1).text();
        if (second == "diff" || !approval.empty()) return House::allow(action);
        return Keeper::ask("approval-1", house.clock.wall_ms() + 60'000);
    });
    ToolContext context = house.context();
    context.on_pending = [&](const gate::Pending& pending) {
        card = pending.card;
        house.keeper().answer_approval("approval-1", "denied");
    };
    if (!find_program("git", "/").ok()) GTEST_SKIP() << "no git here";
    (void)house.run("shell_run", R"({"argv":["git","commit","-m","x"]})", context);
    EXPECT_THAT(card, HasSubstr("what would be committed"));
    EXPECT_THAT(card, HasSubstr("! CI: .gitlab-ci.yml"));
    EXPECT_EQ(house.launcher.started, 1);  // the look alone: the commit was refused
}

TEST(LineDiff, ShowsWhatChangesAndHidesNothing) {
    const LineDiff diff = diff_lines("a\nb\nc\n", "a\nB\nB2\nc\n", 10);
    EXPECT_EQ(diff.text, "  [line 2]\n- b\n+ B\n+ B2\n");
    EXPECT_EQ(diff.added, 2U);
    EXPECT_EQ(diff.removed, 1U);
    EXPECT_EQ(diff_lines("x\n", "x\n", 10).text, "  [line 2]\n");
    EXPECT_THAT(diff_lines("", std::string("a\x1b[2Jb\xe2\x80\x8b\n"), 10).text,
                HasSubstr("a\\u{1b}[2Jb\\u{200b}"));
    std::string many;
    for (int line = 0; line < 1000; ++line) many += "line\n";
    EXPECT_THAT(diff_lines("", many, 10).text, HasSubstr("990 more lines"));
    EXPECT_EQ(diff_lines("a\na\n", "a\na\na\n", 10).added, 1U);
}

}  // namespace
}  // namespace hs::tools
