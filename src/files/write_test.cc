#include "files/write.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <thread>

#include "files/read.h"
#include "files/testing/folder.h"
#include "files/testing/scripted_keeper.h"
#include "os/system.h"

namespace hs::files {
namespace {

using base::bytes_of;
using base::Code;
using gate::WriteFile;
using testing::TemporaryFolder;

struct WriteTest : ::testing::Test {
    WriteTest() : gate(clock) {
        roots = std::make_unique<Roots>(Roots::open({{project.path()}, ""}).value());
        reopen();
    }
    void reopen() {
        auto key = crypto::SecretBytes::copy_of(base::Bytes(32, 7));
        checkpoints = std::make_unique<Checkpoints>(
            Checkpoints::open(state / "undo", std::move(key), clock, random).value());
    }
    ChangeContext context() { return {*roots, *checkpoints, clock, random, "session"}; }
    base::Result<Changed> apply(const ChangePlan& plan) {
        return change_file(gate.permit(plan.action), plan.content, context());
    }
    base::Result<Changed> write(std::string_view name, std::string_view text) {
        return apply(TRY(plan_write(*roots, name, bytes_of(text))));
    }
    base::Result<ChangePlan> edit(std::string_view name, const Replacement& replacement) {
        const std::string content = project.read(name);
        return plan_edit(*roots, name, bytes_of(content), replacement);
    }
    std::size_t leftovers() const {
        std::size_t count = 0;
        for (const auto& entry : std::filesystem::recursive_directory_iterator(project.path())) {
            count += entry.path().filename().string().starts_with(".hardshell-") ? 1U : 0U;
        }
        return count;
    }
    TemporaryFolder project;
    TemporaryFolder state;
    os::SystemClock clock;
    os::SystemRandom random;
    testing::TestGate gate;
    std::unique_ptr<Roots> roots;
    std::unique_ptr<Checkpoints> checkpoints;
};

TEST_F(WriteTest, OtherBytesThanApprovedAreRefused) {
    const auto plan = plan_write(*roots, "a.txt", bytes_of("approved")).value();
    const auto done = change_file(gate.permit(plan.action), bytes_of("approveD"), context());
    EXPECT_EQ(done.error().code, Code::denied);
    EXPECT_FALSE(project.has("a.txt"));
    // Neither may a Permit to write be spent on removing, or the reverse.
    WriteFile remove{project / "a.txt", WriteFile::Operation::remove, "", 0, ""};
    EXPECT_EQ(change_file(gate.permit(remove), {}, context()).error().code, Code::denied);
    remove.operation = WriteFile::Operation::replace;
    remove.before_sha256 = hex_sha256({});
    EXPECT_EQ(change_file(gate.permit(remove), {}, context()).error().code, Code::denied);
}

TEST_F(WriteTest, APermitServesOnce) {
    const auto plan = plan_write(*roots, "a.txt", bytes_of("one")).value();
    auto permit = gate.permit(plan.action);
    ASSERT_TRUE(change_file(std::move(permit), plan.content, context()).ok());
    ASSERT_EQ(::unlink((project / "a.txt").c_str()), 0);
    // NOLINTNEXTLINE(bugprone-use-after-move): the replay is what is tested.
    EXPECT_EQ(change_file(std::move(permit), plan.content, context()).error().code, Code::denied);
    EXPECT_FALSE(project.has("a.txt"));
}

TEST_F(WriteTest, AFileChangedUnderThePlanIsLeftAlone) {
    project.write("a.txt", "seen");
    const auto plan = plan_write(*roots, "a.txt", bytes_of("new")).value();
    project.write("a.txt", "theirs");
    EXPECT_EQ(apply(plan).error().code, Code::conflict);
    EXPECT_EQ(project.read("a.txt"), "theirs");
    const auto created = plan_write(*roots, "b.txt", bytes_of("mine")).value();
    project.write("b.txt", "theirs");
    EXPECT_EQ(apply(created).error().code, Code::conflict);
    EXPECT_EQ(project.read("b.txt"), "theirs");
    EXPECT_EQ(leftovers(), 0U);
    EXPECT_TRUE(checkpoints->list()->checkpoints.empty());
}

TEST_F(WriteTest, ARaceWithAnotherWriterLosesNothing) {
    for (int round = 0; round < 200; ++round) {
        project.write("a.txt", "seen");
        const auto plan = plan_write(*roots, "a.txt", bytes_of("ours")).value();
        std::jthread other([&] {
            project.write("other", "theirs");
            (void)::rename((project / "other").c_str(), (project / "a.txt").c_str());
        });
        const bool done = apply(plan).ok();
        other.join();
        // Ours was placed first and theirs after it, or theirs was seen and kept.
        EXPECT_EQ(project.read("a.txt"), "theirs") << done;
        EXPECT_EQ(leftovers(), 0U);
    }
}

TEST_F(WriteTest, LinksAreNotWrittenThrough) {
    TemporaryFolder outside;
    outside.write("target", "untouched");
    ASSERT_EQ(::symlink((outside / "target").c_str(), (project / "link").c_str()), 0);
    EXPECT_EQ(write("link", "x").error().code, Code::denied);
    project.write("dir/a.txt", "seen");
    const auto plan = plan_write(*roots, "dir/target", bytes_of("x")).value();
    ASSERT_EQ(::rename((project / "dir").c_str(), (project / "dir2").c_str()), 0);
    ASSERT_EQ(::symlink(outside.path().c_str(), (project / "dir").c_str()), 0);
    EXPECT_FALSE(apply(plan).ok());
    EXPECT_EQ(outside.read("target"), "untouched");
    const auto file = plan_write(*roots, "new", bytes_of("x")).value();
    ASSERT_EQ(::symlink((outside / "made").c_str(), (project / "new").c_str()), 0);
    EXPECT_FALSE(apply(file).ok());
    EXPECT_FALSE(outside.has("made"));
}

TEST_F(WriteTest, WhatIsNoRegularFileIsRefused) {
    ASSERT_EQ(::mkfifo((project / "pipe").c_str(), 0600), 0);
    project.write("dir/x", "");
    EXPECT_EQ(write("pipe", "x").error().code, Code::denied);
    EXPECT_EQ(write("dir", "x").error().code, Code::denied);
    EXPECT_EQ(plan_remove(*roots, "dir").error().code, Code::denied);
    EXPECT_EQ(plan_remove(*roots, ".").error().code, Code::denied);
    EXPECT_EQ(plan_remove(*roots, "absent").error().code, Code::not_found);
    const base::Bytes big(write_bytes_max + 1);
    EXPECT_EQ(plan_write(*roots, "big", big).error().code, Code::exhausted);
    project.write("sparse", "");
    ASSERT_EQ(::truncate((project / "sparse").c_str(), off_t{10} << 30U), 0);
    EXPECT_EQ(write("sparse", "x").error().code, Code::exhausted);
}

TEST_F(WriteTest, CreatesFoldersAndKeepsTheMode) {
    ASSERT_TRUE(write("a/b/c.txt", "new").ok());
    EXPECT_EQ(project.read("a/b/c.txt"), "new");
    project.write("run.sh", "#!/bin/sh\n");
    ASSERT_EQ(::chmod((project / "run.sh").c_str(), 04750), 0);
    ASSERT_TRUE(write("run.sh", "#!/bin/sh\ntrue\n").ok());
    struct stat held {};
    ASSERT_EQ(::stat((project / "run.sh").c_str(), &held), 0);
    EXPECT_EQ(held.st_mode & 07777U, 0750U);  // never set-user-id over new bytes
    EXPECT_EQ(leftovers(), 0U);
}

TEST_F(WriteTest, AnEditMustMatchOnce) {
    project.write("a.txt", "x = 1\ny = 1\n");
    EXPECT_EQ(edit("a.txt", {"= 1", "= 2"}).error().code, Code::conflict);
    EXPECT_EQ(edit("a.txt", {"= 3", "= 2"}).error().code, Code::conflict);
    EXPECT_EQ(edit("a.txt", {"", "= 2"}).error().code, Code::invalid_input);
    EXPECT_EQ(edit("a.txt", {"x", "x"}).error().code, Code::invalid_input);
    ASSERT_TRUE(apply(edit("a.txt", {"x = 1", "x = 2"}).value()).ok());
    EXPECT_EQ(project.read("a.txt"), "x = 2\ny = 1\n");
    ASSERT_TRUE(apply(edit("a.txt", {" = ", "=", Occurrence::every}).value()).ok());
    EXPECT_EQ(project.read("a.txt"), "x=2\ny=1\n");
    project.write("dos.txt", "a\r\nb\r\n");
    EXPECT_NE(edit("dos.txt", {"a\nb", "c"}).error().what.find("\\r\\n"), std::string::npos);
    project.write("many.txt", std::string(1 << 20, 'a'));
    EXPECT_EQ(edit("many.txt", {"a", std::string(100, 'b'), Occurrence::every}).error().code,
              Code::exhausted);
}

TEST_F(WriteTest, UndoRestoresEveryKindOfChange) {
    project.write("a.txt", "before");
    const auto replaced = write("a.txt", "after").value();
    const auto created = write("new.txt", "made").value();
    const auto removed = apply(plan_remove(*roots, "a.txt").value()).value();
    EXPECT_FALSE(project.has("a.txt"));
    ASSERT_TRUE(
        apply(plan_restore(*roots, *checkpoints, removed.checkpoint, Force::no).value()).ok());
    EXPECT_EQ(project.read("a.txt"), "after");
    ASSERT_TRUE(
        apply(plan_restore(*roots, *checkpoints, replaced.checkpoint, Force::no).value()).ok());
    EXPECT_EQ(project.read("a.txt"), "before");
    const auto undone =
        apply(plan_restore(*roots, *checkpoints, created.checkpoint, Force::no).value());
    ASSERT_TRUE(undone.ok());
    EXPECT_FALSE(project.has("new.txt"));
    // The undoing can be undone.
    ASSERT_TRUE(
        apply(plan_restore(*roots, *checkpoints, undone->checkpoint, Force::no).value()).ok());
    EXPECT_EQ(project.read("new.txt"), "made");
}

TEST_F(WriteTest, UndoIsRefusedOnceTheFileChangedUnlessForced) {
    project.write("a.txt", "before");
    const auto changed = write("a.txt", "after").value();
    project.write("a.txt", "by hand");
    const auto refused = plan_restore(*roots, *checkpoints, changed.checkpoint, Force::no);
    EXPECT_EQ(refused.error().code, Code::conflict);
    EXPECT_EQ(project.read("a.txt"), "by hand");
    const auto forced = plan_restore(*roots, *checkpoints, changed.checkpoint, Force::yes).value();
    project.write("a.txt", "by hand again");  // even a forced plan holds for what it saw
    EXPECT_EQ(apply(forced).error().code, Code::conflict);
    const auto again = plan_restore(*roots, *checkpoints, changed.checkpoint, Force::yes).value();
    ASSERT_TRUE(apply(again).ok());
    EXPECT_EQ(project.read("a.txt"), "before");
    EXPECT_EQ(plan_restore(*roots, *checkpoints, changed.checkpoint, Force::yes).error().code,
              Code::conflict);
}

TEST_F(WriteTest, CheckpointsAreSealedAndOutliveTheProcess) {
    project.write("a.txt", "top secret before");
    const auto changed = write("a.txt", "after").value();
    const std::string file = "undo/" + changed.checkpoint + ".undo";
    EXPECT_EQ(state.read(file).find("top secret"), std::string::npos);
    EXPECT_EQ(state.read(file).find("a.txt"), std::string::npos);
    struct stat held {};
    ASSERT_EQ(::stat((state / file).c_str(), &held), 0);
    EXPECT_EQ(held.st_mode & 0777U, 0600U);
    reopen();
    const auto list = checkpoints->list().value();
    ASSERT_EQ(list.checkpoints.size(), 1U);
    EXPECT_EQ(list.checkpoints[0].path, project / "a.txt");
    EXPECT_EQ(list.checkpoints[0].session, "session");
    // One changed byte, or another place, and it does not open.
    std::string bytes = state.read(file);
    bytes.back() = static_cast<char>(bytes.back() ^ 1);
    state.write(file, bytes);
    EXPECT_EQ(checkpoints->content_of(changed.checkpoint).error().code, Code::corrupt);
    bytes[10] = static_cast<char>(bytes[10] ^ 1);
    state.write(file, bytes);
    EXPECT_EQ(checkpoints->list()->unreadable, 1U);
    EXPECT_EQ(checkpoints->find("../../etc/passwd").error().code, Code::invalid_input);
    EXPECT_EQ(checkpoints->find("01ARZ3NDEKTSV4RRFFQ69G5FAV").error().code, Code::not_found);
}

TEST_F(WriteTest, NoCheckpointNoChange) {
    project.write("a.txt", "before");
    ASSERT_EQ(::rmdir((state / "undo").c_str()), 0);
    EXPECT_FALSE(write("a.txt", "after").ok());
    EXPECT_EQ(project.read("a.txt"), "before");
}

TEST_F(WriteTest, OldCheckpointsGoFirst) {
    for (int round = 0; round < 10; ++round) {
        // 10 times 30 MiB is more than the 256 MiB that are kept.
        Checkpoint facts;
        facts.path = project / "a.txt";
        base::Bytes content(std::size_t{30} << 20U);
        ASSERT_TRUE(checkpoints->keep(facts, content).ok());
        ::usleep(2000);  // ids of one millisecond sort by chance
    }
    EXPECT_EQ(checkpoints->list()->checkpoints.size(), 8U);
}

}  // namespace
}  // namespace hs::files
