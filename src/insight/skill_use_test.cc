#include "insight/skill_use.h"

#include <gtest/gtest.h>

namespace hs::insight {
namespace {

using audit::Event;
using audit::EventKind;
using audit::Field;
using skills::MemoryUse;

class SkillUseTest : public testing::Test {
  protected:
    void decided(const std::string& action, const char* outcome = "allow",
                 const char* tool = "shell_run", base::WallTime_ms time_ms = 5'000) {
        Event event(EventKind::decision);
        event.set(Field::decision, "d" + std::to_string(++count_)).set(Field::outcome, outcome);
        event.set(Field::tool, tool);
        event.detail("request",
                     *wire::parse_json(R"({"action":)" + action +
                                       R"(,"question":{"actor":{"kind":"skill","name":"tea"},)"
                                       R"("project":{"name":"/home/a/p"}}})"));
        add(event, time_ms);
    }
    void add(const Event& event, base::WallTime_ms time_ms = 5'000) {
        uses_.add(*audit::parse_event(*event.encode(time_ms)));
    }
    skills::Permissions granted() {
        skills::Permissions held;
        held.read = {"project/docs", "~/notes"};
        held.write = {"project/out"};
        held.executables = {"git", "jq"};
        held.hosts = {{"*.example.com", 443, {"GET", "POST"}}, {"other.example", 443, {"GET"}}};
        held.secrets = {"github"};
        held.tools = {"files_read", "http_fetch", "shell_run"};
        held.memory = MemoryUse::remember;
        return held;
    }
    skills::Permissions used() { return used_of(granted(), *uses_.find("tea"), "/home/a"); }

    SkillUses uses_{1'000};
    int count_ = 0;
};

TEST_F(SkillUseTest, WhatWasNeverUsedIsNotInTheNarrowerManifest) {
    decided(R"({"effect":"file.read","path":"/home/a/p/docs/x.md"})", "allow", "files_read");
    decided(R"({"effect":"http","host":"api.example.com","port":443,"method":"GET"})", "allow",
            "http_fetch");
    decided(R"({"effect":"recall","compartment":"personal/all/open"})", "allow", "recall");
    const auto made = used();
    EXPECT_EQ(made.read, std::vector<std::string>{"project/docs"});
    EXPECT_TRUE(made.write.empty());
    EXPECT_TRUE(made.executables.empty());
    ASSERT_EQ(made.hosts.size(), 1U);
    EXPECT_EQ(made.hosts.front().methods, std::vector<std::string>{"GET"});
    EXPECT_TRUE(made.secrets.empty());
    EXPECT_EQ(made.tools, (std::vector<std::string>{"files_read", "http_fetch"}));
    EXPECT_EQ(made.memory, MemoryUse::recall);
}

TEST_F(SkillUseTest, WhatWasDeniedOrIsLongAgoIsNoUse) {
    decided(R"({"effect":"run","executable":"/usr/bin/git"})", "deny");
    decided(R"({"effect":"run","executable":"/usr/bin/jq"})", "ask");
    decided(R"({"effect":"file.read","path":"/home/a/notes/x"})", "allow", "files_read", 900);
    EXPECT_TRUE(used().empty());
    EXPECT_EQ(uses_.find("tea")->denied, 1U);
    EXPECT_EQ(uses_.find("tea")->last_ms, 5'000) << "it was asked for";
    EXPECT_EQ(uses_.find("coffee"), nullptr);
}

TEST_F(SkillUseTest, AProgramMayHaveReadWhatItWasShown) {
    decided(R"({"effect":"run","executable":"/usr/bin/git"})");
    const auto made = used();
    EXPECT_EQ(made.executables, std::vector<std::string>{"git"});
    EXPECT_EQ(made.read, std::vector<std::string>{"project/docs"});
    EXPECT_EQ(made.write, std::vector<std::string>{"project/out"});
}

TEST_F(SkillUseTest, LoadsAreCountedForTheSkillThatIsLoaded) {
    Event event(EventKind::decision);
    event.set(Field::decision, "d").set(Field::outcome, "allow");
    event.detail("request",
                 *wire::parse_json(R"({"action":{"effect":"skill.load","name":"tea"},)"
                                   R"("question":{"actor":{"kind":"agent","name":"main"}}})"));
    add(event);
    ASSERT_NE(uses_.find("tea"), nullptr);
    EXPECT_EQ(uses_.find("tea")->loads, 1U);
    EXPECT_EQ(uses_.find("main"), nullptr);
}

}  // namespace
}  // namespace hs::insight
