#include "os/launch.h"

#include <gtest/gtest.h>

namespace hs::os {
namespace {

LaunchSpec whole_spec() {
    LaunchSpec spec;
    spec.profile = "work";
    spec.command.executable = "/usr/bin/true";
    spec.command.executable_sha256.fill(0xab);
    spec.command.argv = {"true", "", "two words", "\xff\xfe"};
    spec.command.working_directory = "/home/user/project";
    spec.command.environment = {{"PATH", "/usr/bin"}, {"EMPTY", ""}};
    spec.mounts = system_mounts();
    spec.mounts.push_back({"/srv/project", "/home/user/project", MountAccess::read_write,
                           MountPresence::required, MountContent::personal});
    spec.masks.paths = {"/home/user/project/.env"};
    spec.masks.name_patterns = {"*.pem", "id_rsa"};
    spec.staged = {{"/run/hardshell/staged/run.sh", {}, StagedForm::file},
                   {"/run/hardshell/staged/skill", {}, StagedForm::folder}};
    spec.network = NetworkMode::egress;
    spec.network_authority = "-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n";
    spec.terminal = TerminalMode::own;
    return spec;
}

TEST(LaunchSpec, ComesBackAsItWent) {
    const auto packed = pack_launch_spec(whole_spec());
    ASSERT_TRUE(packed.ok()) << packed.error().what;
    const auto back = unpack_launch_spec(*packed);
    ASSERT_TRUE(back.ok()) << back.error().what;
    EXPECT_EQ(*back, whole_spec());
    EXPECT_EQ(*pack_launch_spec(*back), *packed);
}

TEST(LaunchSpec, EveryCutIsRefused) {
    const auto packed = *pack_launch_spec(whole_spec());
    for (std::size_t size = 0; size < packed.size(); ++size) {
        EXPECT_FALSE(unpack_launch_spec(base::ByteView(packed).first(size)).ok()) << size;
    }
    auto longer = packed;
    longer.push_back(0);
    EXPECT_FALSE(unpack_launch_spec(longer).ok());
    auto other_version = packed;
    other_version[0] = 1;
    EXPECT_FALSE(unpack_launch_spec(other_version).ok());
}

TEST(LaunchSpec, FlippedBytesNeverCrashAndNeverPackOtherwise) {
    const auto packed = *pack_launch_spec(whole_spec());
    for (std::size_t at = 0; at < packed.size(); ++at) {
        auto bent = packed;
        bent[at] ^= 0x81;
        const auto read = unpack_launch_spec(bent);
        if (!read.ok()) continue;
        EXPECT_EQ(*pack_launch_spec(*read), bent) << at;
    }
}

TEST(LaunchSpec, PathsThatCouldLeaveAreRefused) {
    for (const char* path : {"", "relative", "/a/../b", "/a/./b", "/a//b", "/a/", "/..", "//"}) {
        EXPECT_FALSE(is_plain_absolute_path(path)) << path;
        LaunchSpec spec = whole_spec();
        spec.mounts.back().target = path;
        EXPECT_FALSE(validate(spec).ok()) << path;
        spec = whole_spec();
        spec.masks.paths = {path};
        EXPECT_FALSE(validate(spec).ok()) << path;
    }
    EXPECT_FALSE(is_plain_absolute_path(std::string_view("/a\0b", 4)));
    EXPECT_TRUE(is_plain_absolute_path("/"));
    EXPECT_TRUE(is_plain_absolute_path("/a/..b/...c"));
}

TEST(LaunchSpec, AnAuthorityNeedsANetworkAndTheFormOfOne) {
    LaunchSpec spec = whole_spec();
    spec.network = NetworkMode::none;
    EXPECT_FALSE(validate(spec).ok());
    spec = whole_spec();
    spec.network_authority = "-----BEGIN PRIVATE KEY-----\n";
    EXPECT_FALSE(validate(spec).ok());
    spec.network_authority =
        "-----BEGIN CERTIFICATE-----\n" + std::string(LaunchSpec::authority_bytes_max, 'A');
    EXPECT_FALSE(validate(spec).ok());
    spec.network_authority.clear();
    EXPECT_TRUE(validate(spec).ok());
}

TEST(LaunchSpec, RootIsNoIdentity) {
    LaunchSpec spec = whole_spec();
    spec.identity.user = 0;
    EXPECT_FALSE(validate(spec).ok());
    spec = whole_spec();
    spec.identity.group = 0;
    EXPECT_FALSE(validate(spec).ok());
}

TEST(LaunchSpec, NamesOfVariablesAreStrict) {
    for (const char* name : {"", "1A", "A=B", "A B", "A\n"}) {
        LaunchSpec spec = whole_spec();
        spec.command.environment = {{name, "x"}};
        EXPECT_FALSE(validate(spec).ok()) << name;
    }
    LaunchSpec spec = whole_spec();
    spec.command.environment = {{"A", "1"}, {"A", "2"}};
    EXPECT_FALSE(validate(spec).ok());
}

TEST(LaunchSpec, CountsAndLimitsAreBounded) {
    LaunchSpec spec = whole_spec();
    spec.command.argv.assign(LaunchSpec::arguments_max + 1, "x");
    EXPECT_FALSE(validate(spec).ok());
    spec = whole_spec();
    spec.command.argv.assign(16, std::string(100'000, 'x'));
    EXPECT_FALSE(validate(spec).ok());
    spec = whole_spec();
    spec.command.argv.clear();
    EXPECT_FALSE(validate(spec).ok());
    spec = whole_spec();
    spec.limits.wall_ms = 0;
    EXPECT_FALSE(validate(spec).ok());
    spec = whole_spec();
    spec.limits.memory_bytes = UINT64_MAX;
    EXPECT_FALSE(validate(spec).ok());
    spec = whole_spec();
    spec.masks.name_patterns = {"*"};
    EXPECT_FALSE(validate(spec).ok());
    spec = whole_spec();
    spec.mounts.push_back(spec.mounts.back());
    EXPECT_FALSE(validate(spec).ok());
    spec = whole_spec();
    spec.staged.assign(9, {"/x", {}});
    EXPECT_FALSE(validate(spec).ok());
}

}  // namespace
}  // namespace hs::os
