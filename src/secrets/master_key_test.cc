#include "secrets/master_key.h"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <filesystem>

#include "os/file.h"

namespace hs::secrets {
namespace {

class Master : public testing::Test {
  protected:
    void SetUp() override {
        std::string pattern = testing::TempDir() + "/master.XXXXXX";
        ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
        folder = pattern;
    }
    void TearDown() override { std::filesystem::remove_all(folder); }
    std::string folder;
    base::ScriptedRandom random{1};
};

TEST_F(Master, IsMadeOnceAndFoundAgain) {
    const auto first = open_master_key(folder, random);
    ASSERT_TRUE(first) << first.error().what;
    EXPECT_EQ(os::facts_of_path(folder + "/master.key")->mode, 0600U);
    EXPECT_FALSE(first->warning.empty());
    const auto again = open_master_key(folder, random);
    ASSERT_TRUE(again);
    EXPECT_TRUE(crypto::equal(first->key.view(), again->key.view()));
}

TEST_F(Master, IsRefusedWhenOthersMayReadItOrItIsNone) {
    ASSERT_TRUE(open_master_key(folder, random));
    ::chmod((folder + "/master.key").c_str(), 0644);
    EXPECT_EQ(open_master_key(folder, random).error().code, base::Code::denied);
    ASSERT_TRUE(os::write_file_atomic(folder + "/master.key", base::bytes_of("short")));
    EXPECT_EQ(open_master_key(folder, random).error().code, base::Code::corrupt);
}

TEST_F(Master, IsNeverMadeOverDataWhoseKeyIsGone) {
    ASSERT_TRUE(os::write_file_atomic(folder + "/sessions.db", base::bytes_of("x")));
    const auto opened = open_master_key(folder, random);
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, base::Code::not_found);
    EXPECT_FALSE(std::filesystem::exists(folder + "/master.key"));
}

}  // namespace
}  // namespace hs::secrets
