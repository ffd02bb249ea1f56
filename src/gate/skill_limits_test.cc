#include "gate/skill_limits.h"

#include <gtest/gtest.h>

namespace hs::gate {
namespace {

using flow::DataClass;
using skills::Manifest;
using skills::MemoryUse;

constexpr std::string_view tools[] = {"files_list", "files_read",  "files_find",   "files_grep",
                                      "files_edit", "files_write", "files_remove", "shell_run",
                                      "skill_run",  "http_fetch",  "recall",       "remember",
                                      "forget",     "schedule",    "mcp_anything"};

Remember adding() {
    Remember action;
    action.compartment = "personal/all/open";
    return action;
}

TEST(SkillLimits, AManifestThatDeclaresNothingAdmitsNothing) {
    const Manifest nothing;
    for (const auto tool : tools) EXPECT_NE(refused_tool(nothing, tool), "") << tool;
    EXPECT_NE(refused_memory(nothing, Recall{"personal/all/open", ""}), "");
    EXPECT_NE(refused_memory(nothing, adding()), "");
    for (const auto one : {DataClass::confidential, DataClass::customer, DataClass::production,
                           DataClass::security, DataClass::credential, DataClass::secret}) {
        EXPECT_NE(refused_label(nothing, {one}), "") << flow::data_class_name(one);
        policy::PathTarget path;
        path.path = "/p/file";
        path.classes = {one};
        EXPECT_NE(refused_target(nothing, path), "") << flow::data_class_name(one);
    }
    EXPECT_EQ(refused_tool(nothing, "skill_load"), "");
    EXPECT_NE(refused_tool(nothing, ""), "");
}

TEST(SkillLimits, ToolsThatAreNamedAreAllThatThereIs) {
    Manifest manifest;
    manifest.permissions.read = {"project"};
    manifest.permissions.executables = {"git"};
    EXPECT_EQ(refused_tool(manifest, "files_read"), "");
    EXPECT_EQ(refused_tool(manifest, "shell_run"), "");
    EXPECT_NE(refused_tool(manifest, "files_write"), "");
    EXPECT_NE(refused_tool(manifest, "http_fetch"), "");
    manifest.permissions.tools = {"files_read", "schedule"};
    EXPECT_EQ(refused_tool(manifest, "files_read"), "");
    EXPECT_EQ(refused_tool(manifest, "schedule"), "");
    EXPECT_NE(refused_tool(manifest, "files_grep"), "");
    EXPECT_NE(refused_tool(manifest, "shell_run"), "") << "though it names an executable";
}

TEST(SkillLimits, MemoryIsWhatTheManifestSays) {
    Manifest manifest;
    manifest.permissions.memory = MemoryUse::recall;
    EXPECT_EQ(refused_memory(manifest, Recall{"personal/all/open", ""}), "");
    EXPECT_NE(refused_memory(manifest, adding()), "");
    manifest.permissions.memory = MemoryUse::remember;
    EXPECT_EQ(refused_memory(manifest, adding()), "");
    for (const auto operation : {Remember::Operation::keep, Remember::Operation::forget,
                                 Remember::Operation::expire, Remember::Operation::restore}) {
        Remember action = adding();
        action.operation = operation;
        EXPECT_NE(refused_memory(manifest, action), "");
    }
    manifest.no_memory = true;
    EXPECT_NE(refused_memory(manifest, adding()), "");
    EXPECT_EQ(refused_memory(manifest, ReadFile{"/p/a"}), "");
}

TEST(SkillLimits, AClassIsShownWhereItIsNamed) {
    Manifest manifest;
    manifest.data_classes = {DataClass::customer};
    EXPECT_EQ(refused_label(manifest, {DataClass::customer, DataClass::internal}), "");
    EXPECT_NE(refused_label(manifest, {DataClass::customer, DataClass::credential}), "");
    EXPECT_EQ(refused_label(manifest, {DataClass::personal}), "") << "what nobody has classified";
    policy::CommandTarget command;
    command.touches = {DataClass::production};
    EXPECT_NE(refused_target(manifest, command), "");
    policy::CompartmentTarget memory;
    memory.level = 2;
    EXPECT_NE(refused_target(manifest, memory), "");
    manifest.data_classes.push_back(DataClass::personal);
    EXPECT_EQ(refused_target(manifest, memory), "");
}

}  // namespace
}  // namespace hs::gate
