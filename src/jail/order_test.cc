#include "jail/order.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "os/pipe.h"

namespace hs::jail {
namespace {

std::pair<os::Fd, os::Fd> message_pair() {
    int ends[2];
    CHECK(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) == 0);
    return {os::Fd(ends[0]), os::Fd(ends[1])};
}

os::LaunchSpec spec_with(std::size_t mounts) {
    os::LaunchSpec spec;
    spec.profile = "test";
    spec.command.executable = "/usr/bin/true";
    spec.command.argv = {"true"};
    spec.command.working_directory = "/tmp";
    spec.command.executable_sha256.fill(7);
    for (std::size_t i = 0; i < mounts; ++i) {
        const std::string path = "/usr/m" + std::to_string(i);
        spec.mounts.push_back({path, path, os::MountAccess::read_only});
    }
    return spec;
}

ino_t inode_of(int fd) {
    struct stat facts {};
    CHECK(::fstat(fd, &facts) == 0);
    return facts.st_ino;
}

TEST(Order, ArrivesWithAllThatItNames) {
    const auto [near, far] = message_pair();
    const os::LaunchSpec spec = spec_with(3);
    std::vector<os::Fd> descriptors;
    for (int i = 0; i < 4; ++i) descriptors.push_back(*os::open_null());
    const os::Fd map(::open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    Identity identity;
    identity.powers = Powers::root;
    identity.host = {1234, 4321};
    identity.id_maps = {-1, map.get(), -1};
    identity.forced_read_only = {0, 0, 1};
    HashCache hashes;
    const FileVersion version{1, 2, 3, 4, 5};
    hashes.remember(version, spec.command.executable_sha256);
    hashes.remember({9, 9, 9, 9, 9}, os::Sha256Bytes{});  // of another program: stays behind
    ASSERT_TRUE(send_order(near.get(), {spec, identity, descriptors, hashes, true, true}).ok());
    const auto received = receive_order(far.get());
    ASSERT_TRUE(received.ok() && received->has_value());
    const ReceivedOrder& order = **received;
    EXPECT_EQ(order.spec, spec);
    EXPECT_EQ(order.identity.powers, Powers::root);
    EXPECT_EQ(order.identity.host, identity.host);
    EXPECT_EQ(order.identity.forced_read_only, identity.forced_read_only);
    ASSERT_EQ(order.identity.id_maps.size(), 3U);
    EXPECT_EQ(order.identity.id_maps[0], -1);
    EXPECT_EQ(inode_of(order.identity.id_maps[1]), inode_of(map.get()));
    ASSERT_EQ(order.descriptors.size(), 4U);
    EXPECT_EQ(inode_of(order.descriptors[3].get()), inode_of(descriptors[3].get()));
    ASSERT_NE(order.hashes.find(version), nullptr);
    EXPECT_EQ(order.hashes.find({9, 9, 9, 9, 9}), nullptr);
    EXPECT_TRUE(order.await_group && order.bound_data);
}

TEST(Order, WhatIsTooLargeIsNotSent) {
    const auto [near, far] = message_pair();
    os::LaunchSpec spec = spec_with(0);
    std::vector<os::Fd> descriptors;
    for (int i = 0; i < 3; ++i) descriptors.push_back(*os::open_null());
    for (int i = 0; i < 100; ++i) spec.command.argv.push_back(std::string(1000, 'x'));
    const Identity identity;
    const HashCache hashes;
    const auto sent = send_order(near.get(), {spec, identity, descriptors, hashes});
    EXPECT_EQ(sent.error().code, base::Code::exhausted);
}

TEST(Order, AClosedEndIsNoOrderAndNonsenseIsCorrupt) {
    auto [near, far] = message_pair();
    ASSERT_EQ(::send(near.get(), "nonsense", 8, 0), 8);
    EXPECT_EQ(receive_order(far.get()).error().code, base::Code::corrupt);
    near.close();
    const auto none = receive_order(far.get());
    ASSERT_TRUE(none.ok());
    EXPECT_FALSE(none->has_value());
}

}  // namespace
}  // namespace hs::jail
