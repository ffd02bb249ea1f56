#include "gate/lockdown.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>

#include "os/file.h"

namespace hs::gate {
namespace {

class Lockdown : public testing::Test {
  protected:
    void SetUp() override {
        std::string pattern = testing::TempDir() + "/lockdown.XXXXXX";
        ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
        path = pattern + "/lockdown";
    }
    void TearDown() override {
        std::filesystem::remove_all(std::filesystem::path(path).parent_path());
    }
    void write(const std::string& text) {
        ASSERT_TRUE(os::write_file_atomic(path, base::bytes_of(text)));
    }
    std::string path;
};

TEST_F(Lockdown, AStateThatCannotBeReadIsOn) {
    for (const char* text : {"", "{", "[]", R"({"person":"p"})",
                             R"({"consents":[{}],"person":"p","reason":"r","since_ms":1})"}) {
        write(text);
        const auto held = load_lockdown(path);
        ASSERT_TRUE(held) << text;
        EXPECT_EQ(held->person, "nobody known");
        EXPECT_TRUE(held->consents.empty());
    }
    std::filesystem::remove(path);
    std::filesystem::create_directory(path);
    EXPECT_TRUE(load_lockdown(path));
}

TEST_F(Lockdown, NothingThereIsNoLockdown) {
    EXPECT_FALSE(load_lockdown(path));
}

TEST_F(Lockdown, WhatWasWrittenIsRead) {
    const LockdownState state{"uid 1000", "a leaked key", 1'795'338'000'000, {{"token a", 5}}};
    write(state.text());
    EXPECT_EQ(load_lockdown(path), state);
}

}  // namespace
}  // namespace hs::gate
