#include "files/roots.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <thread>

#include "files/read.h"
#include "files/testing/folder.h"
#include "files/testing/scripted_keeper.h"
#include "os/system.h"

namespace hs::files {
namespace {

using base::Code;
using testing::TemporaryFolder;

struct RootsTest : ::testing::Test {
    RootsTest() {
        outside.write("secret.txt", "the secret\n");
        project.write("notes.txt", "notes\n");
        project.write("inner/deep.txt", "deep\n");
        auto opened = Roots::open({{project.path()}, outside.path()});
        CHECK(opened.ok());
        roots = std::make_unique<Roots>(std::move(*opened));
    }
    Code code_of(std::string_view path) {
        const auto spot = roots->resolve(path, MissingFolders::make);
        return spot ? Code::io : spot.error().code;
    }
    TemporaryFolder outside;
    TemporaryFolder project;
    std::unique_ptr<Roots> roots;
    os::SystemClock clock;
};

TEST_F(RootsTest, RefusesWaysOut) {
    ASSERT_EQ(::symlink(outside.path().c_str(), (project / "way").c_str()), 0);
    ASSERT_EQ(::symlink("../../../../etc", (project / "up").c_str()), 0);
    ASSERT_EQ(::symlink("/proc/self/root", (project / "magic").c_str()), 0);
    for (const std::string& path :
         {std::string("../x"), std::string("inner/../../x"), std::string("/etc/passwd"),
          std::string("way/secret.txt"), std::string("up/passwd"), std::string("magic/etc/passwd"),
          std::string("/proc/self/fd/0"), std::string("~/secret.txt"), outside / "secret.txt",
          project.path() + "x"}) {
        EXPECT_EQ(code_of(path), Code::denied) << path;
    }
}

TEST_F(RootsTest, RefusesPathsThatAreReadInTwoWays) {
    using namespace std::string_view_literals;
    for (const auto path : {""sv, "a\0b"sv, "a\nb"sv, "~root/x"sv, "\xff\xfe"sv,
                            "a\xe2\x80\xae"
                            "b"sv,
                            "notes.txt\x1b[2J"sv}) {
        EXPECT_EQ(code_of(path), Code::invalid_input);
    }
    EXPECT_EQ(code_of(std::string(100'000, 'a')), Code::invalid_input);
}

TEST_F(RootsTest, GivesTheNameOfWhatALinkInsideLeadsTo) {
    ASSERT_EQ(::symlink("inner/deep.txt", (project / "link").c_str()), 0);
    const auto spot = roots->resolve("link", MissingFolders::refuse);
    ASSERT_TRUE(spot.ok());
    EXPECT_EQ(spot->path, project / "inner/deep.txt");
    EXPECT_TRUE(spot->facts.has_value());
}

TEST_F(RootsTest, ReadsHomeAndAbsolutePaths) {
    auto wide = Roots::open({{project.path(), outside.path()}, outside.path()});
    ASSERT_TRUE(wide.ok());
    EXPECT_EQ(wide->resolve("~/secret.txt", MissingFolders::refuse)->path, outside / "secret.txt");
    EXPECT_EQ(wide->resolve(project / "./inner/../notes.txt", MissingFolders::refuse)->path,
              project / "notes.txt");
    EXPECT_EQ(wide->shown(project / "notes.txt"), "notes.txt");
    EXPECT_EQ(wide->shown(outside / "secret.txt"), outside / "secret.txt");
}

TEST_F(RootsTest, RefusesRootsOfTheKernelAndTheWholeSystem) {
    EXPECT_EQ(Roots::open({{"/"}, ""}).error().code, Code::denied);
    EXPECT_EQ(Roots::open({{"/proc"}, ""}).error().code, Code::denied);
    EXPECT_EQ(Roots::open({{"/sys/kernel"}, ""}).error().code, Code::denied);
    EXPECT_EQ(Roots::open({{}, ""}).error().code, Code::invalid_input);
    EXPECT_EQ(Roots::open({{project / "absent"}, ""}).error().code, Code::not_found);
}

TEST_F(RootsTest, MissingFoldersAreNamedOrPlanned) {
    EXPECT_EQ(roots->resolve("a/b/c.txt", MissingFolders::refuse).error().code, Code::not_found);
    const auto spot = roots->resolve("a/b/c.txt", MissingFolders::make);
    ASSERT_TRUE(spot.ok());
    EXPECT_EQ(spot->path, project / "a/b/c.txt");
    EXPECT_FALSE(spot->facts.has_value());
    EXPECT_EQ(code_of("notes.txt/below"), Code::invalid_input);
    ASSERT_EQ(::symlink("nowhere", (project / "dangling").c_str()), 0);
    EXPECT_EQ(code_of("dangling"), Code::invalid_input);
}

// The wall of hold(): between decision and reading a folder becomes a link.
TEST_F(RootsTest, AFolderSwappedForALinkAfterTheDecisionIsRefused) {
    testing::TestGate gate(clock);
    project.write("inner/secret.txt", "harmless\n");
    const auto spot = roots->resolve("inner/secret.txt", MissingFolders::refuse);
    ASSERT_TRUE(spot.ok());
    auto permit = gate.permit(gate::ReadFile{spot->path, gate::ReadFile::What::content});
    ASSERT_EQ(::rename((project / "inner").c_str(), (project / "gone").c_str()), 0);
    ASSERT_EQ(::symlink(outside.path().c_str(), (project / "inner").c_str()), 0);
    const auto page = read_page(std::move(permit), *roots, {}, {clock});
    ASSERT_FALSE(page.ok());
    EXPECT_EQ(page.error().code, Code::denied);
    // Even a link that stays inside is not what was approved.
    ASSERT_EQ(::unlink((project / "inner").c_str()), 0);
    ASSERT_EQ(::symlink("gone", (project / "inner").c_str()), 0);
    auto again = gate.permit(gate::ReadFile{spot->path, gate::ReadFile::What::content});
    EXPECT_FALSE(read_page(std::move(again), *roots, {}, {clock}).ok());
}

TEST_F(RootsTest, NoRaceOfRenamesLeadsOut) {
    testing::TestGate gate(clock);
    outside.write("file.txt", "the secret\n");
    project.write("real/file.txt", "harmless\n");
    ASSERT_EQ(::symlink(outside.path().c_str(), (project / "evil").c_str()), 0);
    std::atomic<bool> stop = false;
    std::jthread swapper([&] {
        const std::string real = project / "real", evil = project / "evil", aside = project / "t";
        while (!stop) {
            (void)::rename(real.c_str(), aside.c_str());
            (void)::rename(evil.c_str(), real.c_str());
            (void)::rename(real.c_str(), evil.c_str());
            (void)::rename(aside.c_str(), real.c_str());
        }
    });
    int harmless = 0;
    const os::Deadline until = os::Deadline::after_ms(3000);
    for (int round = 0; round < 3000 && !(until.passed() && harmless > 0); ++round) {
        const auto spot = roots->resolve("real/file.txt", MissingFolders::refuse);
        const std::string path = spot ? spot->path : project / "real/file.txt";
        ASSERT_TRUE(path.starts_with(project.path()));
        auto page = read_page(gate.permit(gate::ReadFile{path, gate::ReadFile::What::content}),
                              *roots, {}, {clock});
        if (!page) continue;
        ++harmless;
        ASSERT_EQ(page->text, "harmless\n");
    }
    stop = true;
    EXPECT_GT(harmless, 0);
}

}  // namespace
}  // namespace hs::files
