#include "files/read.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <thread>

#include "files/search.h"
#include "files/testing/folder.h"
#include "files/testing/scripted_keeper.h"
#include "os/system.h"
#include "wire/utf8.h"

namespace hs::files {
namespace {

using base::Code;
using gate::ReadFile;
using testing::TemporaryFolder;

struct ReadTest : ::testing::Test {
    ReadTest() : gate(clock) {
        auto opened = Roots::open({{project.path()}, ""});
        CHECK(opened.ok());
        roots = std::make_unique<Roots>(std::move(*opened));
    }
    gate::Permit<ReadFile> permit(std::string_view name, ReadFile::What what) {
        return gate.permit(ReadFile{project / name, what});
    }
    base::Result<Page> page(std::string_view name, const PageRequest& request = {}) {
        return read_page(permit(name, ReadFile::What::content), *roots, request, {clock});
    }
    base::Result<Matches> grep(GrepRequest request, std::string_view name = "") {
        const std::string path = name.empty() ? project.path() : project / name;
        return grep_files(gate.permit(ReadFile{path, ReadFile::What::search}), *roots, request,
                          {clock});
    }
    static Pattern expression(std::string_view text) {
        return Pattern::from_expression(text, Pattern::Letters::as_written).value();
    }
    TemporaryFolder project;
    os::SystemClock clock;
    testing::TestGate gate;
    std::unique_ptr<Roots> roots;
};

TEST_F(ReadTest, PipesSocketsAndDevicesNeverBlock) {
    ASSERT_EQ(::mkfifo((project / "pipe").c_str(), 0600), 0);
    EXPECT_EQ(page("pipe").error().code, Code::invalid_input);
    if (::mknod((project / "device").c_str(), S_IFCHR | 0600, makedev(5, 0)) == 0) {
        EXPECT_EQ(page("device").error().code, Code::invalid_input);
    }
    project.write("folder/x", "");
    EXPECT_EQ(page("folder").error().code, Code::invalid_input);
}

TEST_F(ReadTest, ATenGigabyteSparseFileCostsNothing) {
    project.write("huge.txt", "first\nsecond\n");
    ASSERT_EQ(::truncate((project / "huge.txt").c_str(), off_t{10} << 30U), 0);
    const auto began = std::chrono::steady_clock::now();
    const auto first = page("huge.txt", {.offset_lines = 0, .limit_lines = 1});
    ASSERT_FALSE(first.ok());  // NUL bytes in its beginning: binary
    EXPECT_EQ(first.error().code, Code::invalid_input);
    project.write("long.txt", std::string(9000, 'a') + "\n");
    ASSERT_EQ(::truncate((project / "long.txt").c_str(), off_t{10} << 30U), 0);
    const auto line = page("long.txt", {.offset_lines = 0, .limit_lines = 1});
    ASSERT_TRUE(line.ok()) << line.error().what;
    EXPECT_EQ(line->lines, 1U);
    EXPECT_LT(line->text.size(), 2200U);
    const auto whole =
        read_whole(permit("long.txt", ReadFile::What::content), *roots, 1 << 20, {clock});
    EXPECT_EQ(whole.error().code, Code::exhausted);
    EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(2));
    // Beyond what is looked through, and with a deadline.
    const auto far = read_page(permit("long.txt", ReadFile::What::content), *roots,
                               {.offset_lines = 5}, {clock, nullptr, os::Deadline::after_ms(50)});
    ASSERT_FALSE(far.ok());
    EXPECT_EQ(far.error().code, Code::timed_out);
}

TEST_F(ReadTest, PagesFollowEachOther) {
    std::string text;
    for (int line = 1; line <= 1000; ++line) text += "line " + std::to_string(line) + "\n";
    project.write("lines.txt", text);
    std::string all;
    std::uint64_t offset = 0;
    for (;;) {
        const auto part = page("lines.txt", {.offset_lines = offset, .limit_lines = 300});
        ASSERT_TRUE(part.ok()) << part.error().what;
        EXPECT_EQ(part->first_line, offset + 1);
        all += part->text;
        offset += part->lines;
        if (part->at_end) break;
    }
    EXPECT_EQ(all, text);
    EXPECT_EQ(page("lines.txt", {.offset_lines = 1001}).error().code, Code::invalid_input);
    project.write("empty.txt", "");
    const auto empty = page("empty.txt");
    ASSERT_TRUE(empty.ok());
    EXPECT_TRUE(empty->at_end && empty->text.empty() && empty->first_line == 0);
}

TEST_F(ReadTest, APageHasABoundInBytes) {
    project.write("wide.txt", [] {
        std::string text;
        for (int line = 0; line < 5000; ++line) text += std::string(100, 'w') + "\n";
        return text;
    }());
    const auto part = page("wide.txt", {.offset_lines = 0, .limit_lines = 5000});
    ASSERT_TRUE(part.ok()) << part.error().what;
    EXPECT_LE(part->text.size(), PageRequest{}.bytes_max);
    EXPECT_FALSE(part->at_end);
}

TEST_F(ReadTest, InvalidUtf8AndLongLinesAreMendedAndSaid) {
    project.write("odd.txt", "caf\xe9\n" + std::string(100'000, 'x') + "END\nok\n");
    const auto part = page("odd.txt");
    ASSERT_TRUE(part.ok()) << part.error().what;
    EXPECT_TRUE(part->mended);
    EXPECT_EQ(part->cut_lines, 1U);
    EXPECT_TRUE(wire::is_utf8(part->text));
    EXPECT_TRUE(part->text.starts_with("caf\xef\xbf\xbd\n"));
    EXPECT_TRUE(part->text.ends_with("ok\n"));
    project.write("utf16.txt", std::string("\xff\xfeh\0i\0", 6));
    EXPECT_NE(page("utf16.txt").error().what.find("UTF-16"), std::string::npos);
    EXPECT_TRUE(
        wire::is_utf8(show_line(std::string(999, 'a') + std::string(3000, '\xa9'), 0, 2000).text));
}

TEST_F(ReadTest, AFileThatChangesIsTold) {
    std::string text;
    for (int line = 0; line < 200'000; ++line) text += "0123456789012345678901234567890123456789\n";
    project.write("growing.txt", text);
    std::atomic<bool> stop = false;
    std::jthread writer([&] {
        const int fd = ::open((project / "growing.txt").c_str(), O_WRONLY | O_APPEND);
        for (int round = 0; round < 2000 && !stop; ++round) {
            (void)!::write(fd, "more\n", 5);
            ::usleep(500);
        }
        ::close(fd);
    });
    bool told = false;
    for (int round = 0; round < 50 && !told; ++round) {
        const auto part = page("growing.txt", {.offset_lines = 150'000, .limit_lines = 10});
        ASSERT_TRUE(part.ok()) << part.error().what;
        told = part->changed;
    }
    stop = true;
    EXPECT_TRUE(told);
}

TEST_F(ReadTest, APermitForAnotherPathOrPurposeIsOfNoUse) {
    project.write("a.txt", "a\n");
    EXPECT_EQ(read_page(permit("a.txt", ReadFile::What::listing), *roots, {}, {clock}).error().code,
              Code::denied);
    EXPECT_EQ(read_page(gate.permit(ReadFile{"/etc/passwd", ReadFile::What::content}), *roots, {},
                        {clock})
                  .error()
                  .code,
              Code::denied);
    EXPECT_EQ(list_entries(permit("", ReadFile::What::content), *roots, {clock}).error().code,
              Code::denied);
}

TEST_F(ReadTest, ASpentRevokedOrExpiredPermitIsRefused) {
    project.write("a.txt", "a\n");
    auto once = permit("a.txt", ReadFile::What::content);
    EXPECT_TRUE(read_page(std::move(once), *roots, {}, {clock}).ok());
    // NOLINTNEXTLINE(bugprone-use-after-move): the replay is what is tested.
    EXPECT_EQ(read_page(std::move(once), *roots, {}, {clock}).error().code, Code::denied);
    auto revoked = permit("a.txt", ReadFile::What::content);
    gate.keeper().revoke_all(7);
    while (gate.gate().generation() != 7) std::this_thread::yield();
    EXPECT_EQ(read_page(std::move(revoked), *roots, {}, {clock}).error().code, Code::denied);
    gate.keeper().decide_with([](const wire::Json&, const std::string&) {
        auto answer = testing::ScriptedKeeper::allow();
        answer["expiry_ms"] = 1;
        answer["generation"] = 7;
        return answer;
    });
    EXPECT_EQ(page("a.txt").error().code, Code::denied);
}

TEST_F(ReadTest, ListsFoldersFirstAndBounded) {
    project.write("b.txt", "12345");
    project.write("a/x", "");
    ASSERT_EQ(::symlink("/etc", (project / "link").c_str()), 0);
    const auto listing = list_entries(
        gate.permit(ReadFile{project.path(), ReadFile::What::listing}), *roots, {clock});
    ASSERT_TRUE(listing.ok());
    ASSERT_EQ(listing->entries.size(), 3U);
    EXPECT_EQ(listing->entries[0].name, "a");
    EXPECT_EQ(listing->entries[1].size_bytes, 5U);
    EXPECT_EQ(listing->entries[2].kind, os::FileFacts::Kind::link);
    for (int file = 0; file < 1100; ++file) project.write("many/" + std::to_string(file), "");
    const auto many = list_entries(permit("many", ReadFile::What::listing), *roots, {clock});
    ASSERT_TRUE(many.ok());
    EXPECT_EQ(many->entries.size(), Listing::entries_max);
    EXPECT_FALSE(many->whole);
}

TEST_F(ReadTest, FindsByNameWithoutHistoryAndWithoutFollowingLinks) {
    TemporaryFolder outside;
    outside.write("leak.md", "");
    project.write("README.md", "");
    project.write("docs/deep/guide.md", "");
    project.write(".git/hidden.md", "");
    ASSERT_EQ(::symlink(outside.path().c_str(), (project / "out").c_str()), 0);
    ASSERT_EQ(::symlink(".", (project / "loop").c_str()), 0);
    const auto find = [&](std::string_view glob, History history) {
        FindRequest request{Pattern::from_glob(glob).value(), names_folders(glob), history};
        return find_files(gate.permit(ReadFile{project.path(), ReadFile::What::search}), *roots,
                          request, {clock})
            .value()
            .paths;
    };
    using Paths = std::vector<std::string>;
    EXPECT_EQ(find("*.md", History::skipped), (Paths{"README.md", "docs/deep/guide.md"}));
    EXPECT_EQ(find("docs/**/*.md", History::skipped), Paths{"docs/deep/guide.md"});
    EXPECT_EQ(find("hidden.*", History::searched), Paths{".git/hidden.md"});
    EXPECT_EQ(find("{docs,none}", History::skipped), Paths{"docs/"});
}

TEST_F(ReadTest, GrepsWithContextAndBounds) {
    project.write("a.txt", "one\ntwo\nthree\nfour\nfive\ntwo again\n");
    project.write("b.bin", std::string("two\0two", 7));
    GrepRequest request{expression("two")};
    request.context_lines = 1;
    const auto found = grep(request);
    ASSERT_TRUE(found.ok());
    EXPECT_EQ(found->text,
              "a.txt-1-one\na.txt:2:two\na.txt-3-three\n--\na.txt-5-five\na.txt:6:two again\n");
    EXPECT_EQ(found->matches, 2U);
    ASSERT_EQ(found->sources.size(), 1U);
    EXPECT_EQ(found->sources[0].name, project.path() + "/a.txt");
    EXPECT_EQ(found->sources[0].lines, (std::vector<flow::LineRange>{{1, 3}, {5, 6}}));
    EXPECT_EQ(found->sources[0].bytes, found->text.size());
    EXPECT_EQ(found->coverage.files_skipped, 1U);
    std::string many;
    for (int line = 0; line < 5000; ++line) many += "needle in the hay\n";
    project.write("many.txt", many);
    const auto bounded = grep(GrepRequest{expression("needle")}, "many.txt");
    ASSERT_TRUE(bounded.ok());
    EXPECT_LE(bounded->matches, GrepRequest::matches_max);
    EXPECT_TRUE(bounded->coverage.cut);
}

TEST_F(ReadTest, GrepWithholdsWhatPolicyDoesNotLetBeRead) {
    project.write(".env", "KEY=value\n");
    project.write("main.cc", "KEY\n");
    GrepRequest request{expression("KEY")};
    request.may_show = [](const std::string& path) -> base::Result<bool> {
        return !path.ends_with("/.env");
    };
    const auto found = grep(request);
    ASSERT_TRUE(found.ok());
    EXPECT_EQ(found->text, "main.cc:1:KEY\n");
    ASSERT_EQ(found->sources.size(), 1U);
    EXPECT_EQ(found->sources[0].name, project.path() + "/main.cc");
    EXPECT_EQ(found->coverage.files_withheld, 1U);
}

TEST_F(ReadTest, PatternsThatBlowUpElsewhereTakeLinearTime) {
    project.write("a.txt", std::string(60'000, 'a') + "\n");
    const auto began = std::chrono::steady_clock::now();
    ASSERT_TRUE(grep(GrepRequest{expression("(a*)*b|(a|aa)+$c")}).ok());
    EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(2));
    for (const auto bad : {"(", "a{1001}", "(?<=x)y", "\\1"}) {
        EXPECT_EQ(Pattern::from_expression(bad, Pattern::Letters::as_written).error().code,
                  Code::invalid_input)
            << bad;
    }
    for (const auto bad : {"", "[", "{a", "x\\"}) {
        EXPECT_EQ(Pattern::from_glob(bad).error().code, Code::invalid_input) << bad;
    }
}

TEST_F(ReadTest, GlobsMeanWhatTheySay) {
    const auto matches = [](std::string_view glob, std::string_view text) {
        return Pattern::from_glob(glob).value().matches(text);
    };
    EXPECT_TRUE(matches("*.cc", "a.cc"));
    EXPECT_FALSE(matches("*.cc", "a/b.cc"));
    EXPECT_TRUE(matches("**/*.cc", "b.cc"));
    EXPECT_TRUE(matches("**/*.cc", "a/b/c.cc"));
    EXPECT_FALSE(matches("*.cc", "a.ccx"));
    EXPECT_TRUE(matches("a+b(1).txt", "a+b(1).txt"));
    EXPECT_TRUE(matches("[!a]x", "bx"));
    EXPECT_FALSE(matches("[!a]x", "ax"));
    EXPECT_TRUE(matches("?\xc3\xbc", "a\xc3\xbc"));
    EXPECT_TRUE(matches("\\*", "*"));
}

TEST_F(ReadTest, CancellingEndsAWalk) {
    project.write("a.txt", "x\n");
    auto cancel = os::WakeUp::make();
    ASSERT_TRUE(cancel.ok());
    cancel->raise();
    const auto found = grep_files(gate.permit(ReadFile{project.path(), ReadFile::What::search}),
                                  *roots, GrepRequest{expression("x")}, {clock, &*cancel});
    EXPECT_EQ(found.error().code, Code::cancelled);
}

}  // namespace
}  // namespace hs::files
