#include "gate/tracked_files.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

namespace hs::gate {
namespace {

using policy::CanonicalPath;

// One entry of a version 2 index.
std::string index_of(std::string_view path) {
    std::string out("DIRC\0\0\0\x02\0\0\0\x01", 12);
    std::string entry(62, '\0');
    entry += path;
    do entry += '\0';
    while (entry.size() % 8 != 0);
    return out + entry;
}

class Tracked : public testing::Test {
  protected:
    void SetUp() override {
        std::string made = std::filesystem::temp_directory_path() / "tracked.XXXXXX";
        ASSERT_NE(mkdtemp(made.data()), nullptr);
        folder_ = std::filesystem::canonical(made);
        std::filesystem::create_directories(folder_ + "/.git");
        std::filesystem::create_directories(folder_ + "/inner/.git");
        write(".git/index", index_of("src/a.cc"));
    }
    void TearDown() override { std::filesystem::remove_all(folder_); }

    void write(const std::string& name, const std::string& text) const {
        ASSERT_TRUE(
            os::write_file_atomic(folder_ + "/" + name, base::copy_bytes(base::bytes_of(text)))
                .ok());
    }
    bool knows(const std::string& name) {
        return tracked_.knows(CanonicalPath::from_text(folder_).value(),
                              CanonicalPath::from_text(folder_ + "/" + name).value());
    }
    std::string folder_;
    TrackedFiles tracked_;
};

TEST_F(Tracked, KnowsWhatTheIndexHasAndSeesItChange) {
    EXPECT_TRUE(knows("src/a.cc"));
    EXPECT_FALSE(knows("src/b.cc"));
    EXPECT_FALSE(knows(".git/index"));
    EXPECT_FALSE(knows("../elsewhere"));
    write(".git/index", index_of("src/b.cc"));
    EXPECT_FALSE(knows("src/a.cc"));
    EXPECT_TRUE(knows("src/b.cc"));
}

TEST_F(Tracked, AFileThatNoRepositoryHoldsIsToldApart) {
    using Standing = TrackedFiles::Standing;
    const auto look = [&](const std::string& name) {
        return tracked_.look(CanonicalPath::from_text(folder_).value(),
                             CanonicalPath::from_text(folder_ + "/" + name).value());
    };
    EXPECT_EQ(look("src/a.cc"), Standing::tracked);
    EXPECT_EQ(look("src/b.cc"), Standing::untracked);
    // An index that is not understood knows nothing.
    write(".git/index", "DIRC");
    EXPECT_EQ(look("src/a.cc"), Standing::untracked);
    std::filesystem::remove_all(folder_ + "/.git");
    EXPECT_EQ(look("src/a.cc"), Standing::no_repository);
}

TEST_F(Tracked, AnInnerRepositoryIsItsOwn) {
    write(".git/index", index_of("inner/a.cc"));
    EXPECT_FALSE(knows("inner/a.cc"));
    write("inner/.git/index", index_of("a.cc"));
    EXPECT_TRUE(knows("inner/a.cc"));
}

TEST_F(Tracked, WhatIsNoIndexKnowsNothingAndHoldsNobodyUp) {
    write(".git/index", "DIRC and nothing");
    EXPECT_FALSE(knows("src/a.cc"));
    std::filesystem::remove(folder_ + "/.git/index");
    EXPECT_FALSE(knows("src/a.cc"));
    ASSERT_EQ(mkfifo((folder_ + "/.git/index").c_str(), 0600), 0);
    EXPECT_FALSE(knows("src/a.cc"));
    std::filesystem::remove(folder_ + "/.git/index");
    write("index", index_of("src/a.cc"));
    std::filesystem::create_symlink(folder_ + "/index", folder_ + "/.git/index");
    EXPECT_FALSE(knows("src/a.cc"));
}

}  // namespace
}  // namespace hs::gate
