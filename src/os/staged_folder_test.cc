#include "os/staged_folder.h"

#include <gtest/gtest.h>

#include "base/pack.h"

namespace hs::os {
namespace {

FolderFile file(const std::string& path, std::string_view text, bool executable = false) {
    return {path, base::bytes_of(text), executable};
}

TEST(StagedFolder, RefusesPathsThatLeaveItOrStandTwice) {
    for (const char* path : {"", "/etc/passwd", "../x", "a/../b", "a//b", "a/", "./a"}) {
        EXPECT_FALSE(pack_folder({file(path, "x")}).ok()) << path;
    }
    EXPECT_FALSE(pack_folder({file(std::string("a\0b", 3), "x")}).ok());
    EXPECT_FALSE(pack_folder({file("a", "x"), file("a", "y")}).ok());
    std::string deep;
    for (std::size_t i = 0; i < folder_depth_max; ++i) deep += "d/";
    EXPECT_FALSE(pack_folder({file(deep + "f", "x")}).ok());
    EXPECT_EQ(pack_folder(std::vector<FolderFile>(folder_files_max + 1)).error().code,
              base::Code::exhausted);
    const std::string large(17U << 20U, 'x');
    EXPECT_EQ(pack_folder({file("a", large)}).error().code, base::Code::exhausted);
}

TEST(StagedFolder, HasOneFormWhateverTheOrder) {
    const auto one = pack_folder({file("b/c.py", "code", true), file("a.txt", "text")});
    const auto other = pack_folder({file("a.txt", "text"), file("b/c.py", "code", true)});
    ASSERT_TRUE(one.ok());
    EXPECT_EQ(*one, *other);
    const auto files = unpack_folder(*one);
    ASSERT_TRUE(files.ok());
    ASSERT_EQ(files->size(), 2U);
    EXPECT_EQ((*files)[0].path, "a.txt");
    EXPECT_FALSE((*files)[0].is_executable);
    EXPECT_EQ(base::text_of((*files)[1].bytes), "code");
    EXPECT_TRUE((*files)[1].is_executable);
}

TEST(StagedFolder, TakesNoOtherForm) {
    const auto whole = pack_folder({file("a", "1"), file("b", "2")});
    ASSERT_TRUE(whole.ok());
    for (std::size_t size = 0; size < whole->size(); ++size) {
        EXPECT_FALSE(unpack_folder(base::ByteView(*whole).subspan(0, size)).ok()) << size;
    }
    base::Packer swapped;
    swapped.u32(2);
    for (const char* path : {"b", "a"}) {
        swapped.text(path);
        swapped.u8(0);
        swapped.text("1");
    }
    EXPECT_EQ(unpack_folder(swapped.view()).error().code, base::Code::corrupt);
    base::Packer outside;
    outside.u32(1);
    outside.text("../a");
    outside.u8(0);
    outside.text("1");
    EXPECT_EQ(unpack_folder(outside.view()).error().code, base::Code::corrupt);
}

}  // namespace
}  // namespace hs::os
