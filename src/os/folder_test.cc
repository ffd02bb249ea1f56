#include "os/folder.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

namespace hs::os {
namespace {

using base::Code;

struct FolderTest : ::testing::Test {
    FolderTest() {
        std::string name = std::filesystem::temp_directory_path().string() + "/hs-os-XXXXXX";
        CHECK(::mkdtemp(name.data()) != nullptr);
        path = std::filesystem::canonical(name).string();
        folder = std::move(*open_file(path, O_PATH | O_DIRECTORY));
    }
    ~FolderTest() override { std::filesystem::remove_all(path); }
    void write(const std::string& name, std::string_view text) {
        const Fd fd = std::move(*open_file(path + "/" + name, O_WRONLY | O_CREAT | O_TRUNC));
        CHECK(write_all(fd.get(), base::bytes_of(text)).ok());
    }
    std::string read(const std::string& name) { return *read_text(path + "/" + name, 1000); }
    std::string path;
    Fd folder;
};

TEST_F(FolderTest, ExactMeansNoLinkAnywhere) {
    std::filesystem::create_directories(path + "/a/b");
    write("a/b/file", "x");
    std::filesystem::create_directory_symlink("a", path + "/link");
    std::filesystem::create_symlink("file", path + "/a/b/last");
    EXPECT_TRUE(open_exact(folder.get(), "a/b/file", O_PATH).ok());
    EXPECT_TRUE(open_exact(folder.get(), "a/b", O_PATH | O_DIRECTORY).ok());
    EXPECT_EQ(open_exact(folder.get(), "link/b/file", O_PATH).error().code, Code::denied);
    EXPECT_EQ(open_exact(folder.get(), "a/b/last", O_RDONLY).error().code, Code::denied);
    EXPECT_EQ(open_exact(folder.get(), "../x", O_PATH).error().code, Code::denied);
    EXPECT_EQ(open_exact(folder.get(), "/etc", O_PATH).error().code, Code::denied);
    EXPECT_TRUE(find_beneath(folder.get(), "link/b/last").ok());
    EXPECT_EQ(find_beneath(folder.get(), "a/../../etc").error().code, Code::denied);
    EXPECT_EQ(*path_of(find_beneath(folder.get(), "link/b/last")->get()), path + "/a/b/file");
}

TEST_F(FolderTest, NamesAreExchangedAndNeverOverwritten) {
    write("one", "1");
    write("two", "2");
    EXPECT_EQ(rename_to_free_name(folder.get(), "one", "two").error().code, Code::conflict);
    EXPECT_EQ(read("two"), "2");
    ASSERT_TRUE(exchange_names(folder.get(), "one", "two").ok());
    EXPECT_EQ(read("two"), "1");
    ASSERT_TRUE(rename_to_free_name(folder.get(), "one", "three").ok());
    EXPECT_FALSE(facts_in(folder.get(), "one").ok());
    ASSERT_TRUE(remove_name(folder.get(), "three").ok());
    EXPECT_DEATH((void)remove_name(folder.get(), "a/b"), "invariant");
    EXPECT_DEATH((void)remove_name(folder.get(), ".."), "invariant");
}

TEST_F(FolderTest, EntriesAreBounded) {
    for (int at = 0; at < 20; ++at) write(std::to_string(at), "");
    std::vector<FolderEntry> entries;
    EXPECT_EQ(*read_entries(folder.get(), 5, entries), Listed::cut);
    EXPECT_EQ(entries.size(), 5U);
    entries.clear();
    EXPECT_EQ(*read_entries(folder.get(), 20, entries), Listed::whole);
}

TEST_F(FolderTest, KnowsTheKernelsFilesAndRemovedOnes) {
    EXPECT_TRUE(*lies_on_kernel_filesystem(open_file("/proc/self", O_PATH)->get()));
    EXPECT_FALSE(*lies_on_kernel_filesystem(folder.get()));
    write("gone", "x");
    const Fd held = std::move(*open_exact(folder.get(), "gone", O_PATH));
    ASSERT_TRUE(remove_name(folder.get(), "gone").ok());
    EXPECT_EQ(path_of(held.get()).error().code, Code::not_found);
    EXPECT_TRUE(reopen(held.get(), O_RDONLY).ok());
}

TEST_F(FolderTest, NewBytesInheritNoSpecialRight) {
    write("tool", "x");
    const Fd fd = std::move(*open_file(path + "/tool", O_RDWR));
    FileFacts wanted = *facts_of(fd.get());
    wanted.mode = 06755;
    ASSERT_TRUE(set_mode_and_owner(fd.get(), wanted).ok());
    EXPECT_EQ(facts_of(fd.get())->mode, 0755U);
}

}  // namespace
}  // namespace hs::os
