#include <fcntl.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <thread>

#include "os/channel.h"
#include "os/file.h"
#include "os/pipe.h"
#include "os/process.h"
#include "os/socket.h"
#include "os/system.h"

namespace hs::os {
namespace {

using base::Bytes;
using base::Code;

class InFolder : public testing::Test {
  protected:
    void SetUp() override {
        std::string pattern = testing::TempDir() + "/os_test.XXXXXX";
        ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
        folder = pattern;
    }
    void TearDown() override { std::filesystem::remove_all(folder); }
    std::string folder;
};

TEST_F(InFolder, APathBeneathAFolderCannotLeaveIt) {
    ASSERT_TRUE(write_file_atomic(folder + "/inside", base::bytes_of("yes")));
    std::filesystem::create_symlink("/etc", folder + "/out");
    std::filesystem::create_symlink("inside", folder + "/link");
    const Fd root = *open_file(folder, O_PATH | O_DIRECTORY);
    EXPECT_TRUE(open_beneath(root.get(), "inside", O_RDONLY));
    EXPECT_TRUE(open_beneath(root.get(), "link", O_RDONLY));
    for (const char* path : {"../x", "out/passwd", "/etc/passwd", "a/../../x"}) {
        const auto opened = open_beneath(root.get(), path, O_RDONLY);
        ASSERT_FALSE(opened) << path;
    }
    EXPECT_EQ(open_beneath(root.get(), "out/passwd", O_RDONLY).error().code, Code::denied);
}

TEST_F(InFolder, ReadsAreBoundedAndWritesAreWhole) {
    const std::string path = folder + "/file";
    ASSERT_TRUE(write_file_atomic(path, base::bytes_of("12345")));
    EXPECT_EQ(*read_text(path, 5), "12345");
    EXPECT_EQ(read_text(path, 4).error().code, Code::exhausted);
    EXPECT_EQ(read_text(folder + "/none", 4).error().code, Code::not_found);
    EXPECT_EQ(list_folder(folder, 10)->size(), 1U);
    EXPECT_FALSE(list_folder(folder, 0));
    // A file of the kernel has no size that could be believed.
    EXPECT_GT(read_text("/proc/self/status", 1 << 20)->size(), 100U);
}

TEST_F(InFolder, APrivateFolderAdmitsNobodyElse) {
    EXPECT_TRUE(make_private_folder(folder + "/a/b"));
    EXPECT_EQ(facts_of_path(folder + "/a/b")->mode, 0700U);
    ::chmod((folder + "/a/b").c_str(), 0755);
    const auto refused = make_private_folder(folder + "/a/b");
    ASSERT_FALSE(refused);
    EXPECT_NE(refused.error().what.find("chmod"), std::string::npos);
}

TEST_F(InFolder, ASecondHolderOfALockLearnsOfTheFirst) {
    const auto first = lock_file(folder + "/lock", "4711");
    ASSERT_TRUE(first);
    const auto second = lock_file(folder + "/lock", "4712");
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().code, Code::conflict);
    EXPECT_EQ(second.error().what, "4711");
}

TEST(Channel, FramesAndDescriptorsArriveWhole) {
    auto ends = *stream_pair();
    Channel one(std::move(ends.first));
    Channel two(std::move(ends.second));
    const Bytes large(3 << 20, 0x5a);
    const Fd null = *open_file("/dev/null", O_RDWR);
    std::thread sender([&] {
        EXPECT_TRUE(one.send(7, 300, base::bytes_of("hello"), {null.get(), null.get()}));
        EXPECT_TRUE(one.send(8, 2, large));
        EXPECT_TRUE(one.send(9, 3, {}));
    });
    const auto first = two.receive(Deadline::after_ms(5000));
    ASSERT_TRUE(first);
    EXPECT_EQ(first->id, 7U);
    EXPECT_EQ(first->kind, 300U);
    EXPECT_EQ(base::text_of(first->payload), "hello");
    EXPECT_EQ(first->descriptors.size(), 2U);
    const auto second = two.receive(Deadline::after_ms(5000));
    ASSERT_TRUE(second);
    EXPECT_EQ(second->payload, large);
    EXPECT_EQ(two.receive(Deadline::after_ms(5000))->id, 9U);
    sender.join();
    EXPECT_EQ(two.receive(Deadline::after_ms(20)).error().code, Code::timed_out);
    const WakeUp wake_up = *WakeUp::make();
    wake_up.raise();
    EXPECT_EQ(two.receive(Deadline::never(), &wake_up).error().code, Code::cancelled);
}

TEST(Channel, AHeldFrameGoesInFrontOfTheNext) {
    auto ends = *stream_pair();
    Channel one(std::move(ends.first));
    Channel two(std::move(ends.second));
    ASSERT_TRUE(one.hold(1, 7, base::bytes_of("first")).ok());
    EXPECT_EQ(two.receive(Deadline::after_ms(20)).error().code, base::Code::timed_out);
    const Fd null = *open_null();
    ASSERT_TRUE(one.send(2, 8, base::bytes_of("second"), {null.get()}).ok());
    const auto first = two.receive(Deadline::after_ms(1000));
    const auto second = two.receive(Deadline::after_ms(1000));
    ASSERT_TRUE(first.ok() && second.ok());
    EXPECT_EQ(base::text_of(first->payload), "first");
    EXPECT_TRUE(first->descriptors.empty());
    EXPECT_EQ(base::text_of(second->payload), "second");
    EXPECT_EQ(second->descriptors.size(), 1U);
    ASSERT_TRUE(one.hold(3, 7, base::bytes_of("third")).ok());
    ASSERT_TRUE(one.flush().ok());
    EXPECT_EQ(two.receive(Deadline::after_ms(1000))->id, 3U);
    // What is too much to be held goes at once.
    const base::Bytes much(Channel::held_bytes_max + 1, 1);
    std::thread sends([&] { EXPECT_TRUE(one.hold(4, 7, much).ok()); });
    EXPECT_EQ(two.receive(Deadline::after_ms(5000))->payload.size(), much.size());
    sends.join();
}

TEST(Channel, APeerThatIsGoneIsKnownBeforeItsLastWordsAreRead) {
    auto ends = *stream_pair();
    Channel one(std::move(ends.first));
    {
        Channel two(std::move(ends.second));
        EXPECT_FALSE(one.peer_gone());
        ASSERT_TRUE(two.send(1, 2, base::bytes_of("last words")));
        EXPECT_FALSE(one.peer_gone()) << "what waits to be read is no end";
    }
    EXPECT_TRUE(one.peer_gone());
    EXPECT_TRUE(one.receive(Deadline::after_ms(5000))) << "and can be read still";
}

TEST(Channel, RefusesWhatIsNoFrame) {
    auto ends = *stream_pair();
    Channel channel(std::move(ends.first));
    ASSERT_TRUE(write_all(ends.second.get(), base::bytes_of("GET / HTTP/1.1\r\n\r\n")));
    EXPECT_EQ(channel.receive(Deadline::after_ms(1000)).error().code, Code::corrupt);
}

TEST(Process, OnlyTheChosenDescriptorsReachTheChild) {
    auto ends = *stream_pair();
    const Fd leak = *open_file("/dev/null", O_RDWR);
    ::fcntl(leak.get(), F_SETFD, 0);  // would be inherited
    auto child = Process::spawn({.program = "/bin/sh",
                                 .arguments = {"-c", "ls /proc/self/fd >&7; exit 3"},
                                 .environment = {"PATH=/usr/bin:/bin"},
                                 .descriptors = {{ends.second.get(), 7}}});
    ASSERT_TRUE(child);
    ends.second.close();
    const auto status = child->wait(Deadline::after_ms(5000));
    ASSERT_TRUE(status);
    EXPECT_EQ(status->code, 3);
    // 3 is the folder that ls itself reads.
    EXPECT_EQ(base::text_of(*read_all(ends.first.get(), 100)), "0\n1\n2\n3\n7\n");
}

TEST_F(InFolder, UnixSocketsTellTheirPeerAndSurviveLongPaths) {
    const std::string deep = folder + "/" + std::string(100, 'd');
    ASSERT_TRUE(make_private_folder(deep));
    const auto listener = listen_unix(deep + "/socket");
    ASSERT_TRUE(listener) << listener.error().what;
    const auto client = connect_unix(deep + "/socket", Deadline::after_ms(1000));
    ASSERT_TRUE(client) << client.error().what;
    const auto served = accept_connection(listener->get(), Deadline::after_ms(1000), nullptr);
    ASSERT_TRUE(served);
    EXPECT_EQ(peer_of(served->get())->uid, ::geteuid());
    EXPECT_EQ(facts_of_path(deep + "/socket")->mode, 0600U);
}

TEST(Socket, APortInUseIsSaidWithTheRemedy) {
    const auto first = listen_loopback(Family::v4, 0);
    ASSERT_TRUE(first);
    const auto second = listen_loopback(Family::v4, *port_of(first->get()));
    ASSERT_FALSE(second);
    EXPECT_NE(second.error().what.find("api.port"), std::string::npos);
    const std::array<std::uint8_t, 4> loopback{127, 0, 0, 1};
    EXPECT_TRUE(connect_tcp(loopback, *port_of(first->get()), Deadline::after_ms(1000)));
}

}  // namespace
}  // namespace hs::os
