#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

#include "crypto/hash.h"
#include "jail/attempts.h"
#include "jail/cgroup.h"
#include "jail/executable.h"
#include "jail/landlock.h"
#include "jail/masks.h"
#include "jail/outcome.h"
#include "jail/probe.h"
#include "jail/seccomp.h"
#include "jail/walls.h"
#include "os/file.h"

namespace hs::jail {
namespace {

// The product has no wall that can be taken away: this is a constant.
static_assert(stands(Wall::root) && stands(Wall::seccomp) && stands(Wall::executable_check));

class Folder : public testing::Test {
  protected:
    void SetUp() override {
        char name[] = "/tmp/jail-test-XXXXXX";
        ASSERT_NE(::mkdtemp(name), nullptr);
        path = name;
    }
    void TearDown() override { std::system(("rm -rf " + path).c_str()); }
    void write(const std::string& name, const std::string& text, mode_t mode = 0644) const {
        const std::string file = path + "/" + name;
        std::ofstream(file) << text;
        ::chmod(file.c_str(), mode);
    }
    std::string path;
};

TEST(Outcome, ComesBackAsItWentAndEveryCutIsRefused) {
    Outcome outcome;
    outcome.ending = Ending::violated;
    outcome.code = -1;
    outcome.signal = 9;
    outcome.violation = "reboot";
    outcome.step = "mounts";
    outcome.problem = "a reason";
    outcome.usage = {1, 2, 3};
    outcome.denied = {{"ptrace", 4}};
    outcome.enforced = {{"memory", "control group v2"}};
    outcome.notes = {"a note"};
    const auto packed = pack_outcome(outcome);
    EXPECT_EQ(*unpack_outcome(packed), outcome);
    for (std::size_t size = 0; size < packed.size(); ++size) {
        EXPECT_FALSE(unpack_outcome(base::ByteView(packed).first(size)).ok());
    }
    auto bent = packed;
    bent[0] = 7;
    EXPECT_FALSE(unpack_outcome(bent).ok());
}

TEST(Masks, PatternsFitWholeNames) {
    EXPECT_TRUE(fits_pattern(".env", ".env"));
    EXPECT_FALSE(fits_pattern(".env", ".envrc"));
    EXPECT_TRUE(fits_pattern(".env*", ".env.local"));
    EXPECT_TRUE(fits_pattern("*.pem", ".pem"));
    EXPECT_FALSE(fits_pattern("*.pem", "x.pem.txt"));
    EXPECT_TRUE(fits_pattern("id_?sa", "id_rsa"));
    EXPECT_FALSE(fits_pattern("id_?sa", "id_sa"));
    EXPECT_TRUE(fits_pattern("a*b*c", "aXXbYYbZc"));
    EXPECT_FALSE(fits_pattern("", "x"));
    EXPECT_TRUE(fits_pattern("**", "anything"));
    // No blow-up: a pattern that backtracks for ever elsewhere.
    EXPECT_FALSE(fits_pattern("*a*a*a*a*a*a*a*a*b", std::string(255, 'a')));
}

TEST_F(Folder, WalkFindsWithoutFollowingLinks) {
    ASSERT_EQ(::mkdir((path + "/deep").c_str(), 0755), 0);
    write("deep/id_rsa", "k");
    write(".env", "s");
    ASSERT_EQ(::symlink("/", (path + "/everything").c_str()), 0);
    ASSERT_EQ(::symlink("..", (path + "/deep/up").c_str()), 0);
    std::vector<std::string> found;
    const auto folder = os::open_file(path, O_PATH | O_DIRECTORY);
    const auto walked = find_by_name(folder->get(), {"id_rsa", ".env"}, [&](int, const char* name) {
        found.emplace_back(name);
        return base::Result<>();
    });
    ASSERT_TRUE(walked.ok()) << walked.error().what;
    std::ranges::sort(found);
    EXPECT_EQ(found, (std::vector<std::string>{".env", "id_rsa"}));
}

TEST_F(Folder, TooDeepATreeIsRefusedNotSkipped) {
    std::string deep = path;
    for (std::size_t i = 0; i < walked_depth_max + 2; ++i) {
        deep += "/d";
        ASSERT_EQ(::mkdir(deep.c_str(), 0755), 0);
    }
    const auto folder = os::open_file(path, O_PATH | O_DIRECTORY);
    const auto walked =
        find_by_name(folder->get(), {"x"}, [](int, const char*) { return base::Result<>(); });
    ASSERT_FALSE(walked.ok());
    EXPECT_EQ(walked.error().code, base::Code::exhausted);
}

TEST_F(Folder, ExecutableWithAnotherHashIsRefused) {
    write("program", "#!/bin/sh\nexit 0\n", 0755);
    auto digest = crypto::sha256(base::bytes_of("#!/bin/sh\nexit 0\n"));
    HashCache cache;
    const auto good = open_executable(path + "/program", digest, cache);
    ASSERT_TRUE(good.ok()) << good.error().what;
    EXPECT_TRUE(good->script);
    digest[31] ^= 1;
    const auto bad = open_executable(path + "/program", digest, cache);
    ASSERT_FALSE(bad.ok());
    EXPECT_EQ(bad.error().code, base::Code::denied);
}

TEST_F(Folder, ExecutableOpenForWritingIsRefused) {
    write("program", "bytes", 0755);
    const auto digest = crypto::sha256(base::bytes_of("bytes"));
    const auto writer = os::open_file(path + "/program", O_WRONLY);
    const auto opened = open_executable(path + "/program", digest, HashCache());
    ASSERT_FALSE(opened.ok());
    EXPECT_NE(opened.error().what.find("open for writing"), std::string::npos);
}

TEST_F(Folder, ExecutableMustBeAProgramFile) {
    write("data", "bytes", 0644);
    const auto digest = crypto::sha256(base::bytes_of("bytes"));
    EXPECT_FALSE(open_executable(path + "/data", digest, HashCache()).ok());
    EXPECT_FALSE(open_executable(path, digest, HashCache()).ok());
    EXPECT_FALSE(open_executable(path + "/missing", digest, HashCache()).ok());
    ASSERT_EQ(::mkfifo((path + "/pipe").c_str(), 0755), 0);
    EXPECT_FALSE(open_executable(path + "/pipe", digest, HashCache()).ok());
}

TEST_F(Folder, CacheAnswersForTheSameVersionOnly) {
    write("program", "bytes", 0755);
    const auto digest = crypto::sha256(base::bytes_of("bytes"));
    HashCache cache;
    auto first = open_executable(path + "/program", digest, cache);
    ASSERT_TRUE(first.ok());
    // A writer would have to wait for its lease.
    first->fd.close();
    // Too young to be trusted by its times alone.
    EXPECT_FALSE(first->fresh_hash);
    cache.remember(first->version, digest);
    EXPECT_NE(cache.find(first->version), nullptr);
    write("program", "other", 0755);
    EXPECT_FALSE(open_executable(path + "/program", digest, cache).ok());
}

TEST(CallFilter, Builds) {
    const auto filter = CallFilter::build();
    EXPECT_TRUE(filter.ok()) << filter.error().what;
}

TEST(Attempts, PathsAreMadePlain) {
    EXPECT_EQ(plain_path("/home/user/p", "a//./b/../c"), "/home/user/p/a/c");
    EXPECT_EQ(plain_path("/", "/../../etc"), "/etc");
    EXPECT_EQ(plain_path("/x", "../.."), "/");
}

TEST(Attempts, AQuestionForANameIsReadAndNothingElse) {
    std::vector<std::uint8_t> query = {7,   7,   1,   0,   0,   1,   0, 0,   0,   0,
                                       0,   0,   3,   'A', 'p', 'i', 7, 'e', 'x', 'a',
                                       'm', 'p', 'l', 'e', 0,   0,   1, 0,   1};
    EXPECT_EQ(name_asked(query), "api.example");
    for (std::size_t size = 0; size < query.size(); ++size) {
        EXPECT_FALSE(name_asked(base::ByteView(query).first(size))) << size;
    }
    auto answer = query;
    answer[2] |= 0x80;
    EXPECT_FALSE(name_asked(answer));
    query[12] = 200;
    EXPECT_FALSE(name_asked(query)) << "a label longer than any";
}

TEST(Attempts, MemoryThatCannotBeReadTellsNothing) {
    const std::uint64_t wild[6] = {8, 8, 8, 8, 8, 8};
    for (const char* name : {"open", "openat", "openat2", "execve", "connect", "sendto", "sendmmsg",
                             "rename", "unlinkat"}) {
        EXPECT_FALSE(attempt_of(::getpid(), name, wild, {})) << name;
    }
}

TEST(CallFilter, NamesRefusedCalls) {
    const std::uint64_t none[6] = {};
    EXPECT_EQ(name_call(101, none).name, "ptrace");
    EXPECT_FALSE(name_call(101, none).violation);
    EXPECT_EQ(name_call(169, none).name, "reboot");
    EXPECT_TRUE(name_call(169, none).violation);
    const std::uint64_t packet[6] = {17, 3, 0, 0, 0, 0};
    EXPECT_EQ(name_call(41, packet).name, "socket(AF_PACKET)");
    const std::uint64_t typing[6] = {0, 0x100005412, 0, 0, 0, 0};
    EXPECT_EQ(name_call(16, typing).name, "ioctl(TIOCSTI)");
    EXPECT_EQ(name_call(5000, none).name, "call 5000");
}

TEST(Landlock, AbiIsCapped) {
    EXPECT_EQ(landlock_abi(0), 0);
    EXPECT_LE(landlock_abi(2), 2);
    EXPECT_LE(landlock_abi(99), landlock_abi_known);
}

TEST(Probe, NamesTheCauseAndTheFix) {
    EXPECT_EQ(judge({}).cause, SandboxCause::none);
    ProbeFacts facts;
    facts.clone_errno = ENOSPC;
    facts.max_user_namespaces = "0";
    EXPECT_EQ(judge(facts).cause, SandboxCause::no_user_namespaces);
    EXPECT_NE(judge(facts).fix.find("sysctl"), std::string::npos);
    facts = {};
    facts.clone_errno = EPERM;
    facts.unprivileged_clone = "0";
    EXPECT_EQ(judge(facts).cause, SandboxCause::clone_sysctl);
    facts.root = true;
    EXPECT_NE(judge(facts).cause, SandboxCause::clone_sysctl);
    facts = {};
    facts.proc_errno = EPERM;
    facts.apparmor_restrict = "1";
    EXPECT_EQ(judge(facts).cause, SandboxCause::apparmor);
    facts = {};
    facts.clone_errno = EPERM;
    facts.seccomp_mode = "2";
    EXPECT_EQ(judge(facts).cause, SandboxCause::container);
    facts = {};
    facts.proc_errno = EPERM;
    EXPECT_EQ(judge(facts).cause, SandboxCause::proc_masked);
    facts = {};
    facts.clone_errno = EINVAL;
    EXPECT_EQ(judge(facts).cause, SandboxCause::old_kernel);
}

TEST(ControlGroups, MakesAndRemovesWhatItSays) {
    ControlGroups groups = ControlGroups::discover();
    auto group = groups.make();
    ASSERT_TRUE(group.ok()) << group.error().what;
    EXPECT_EQ(group->kind, groups.kind());
    if (group->kind == GroupKind::none) GTEST_SKIP() << groups.reason();
    const std::string folder = group->folder;
    EXPECT_EQ(::access(folder.c_str(), F_OK), 0);
    EXPECT_TRUE(ControlGroups::limit(*group, os::Limits()).ok());
    groups.remove(std::move(*group));
    EXPECT_NE(::access(folder.c_str(), F_OK), 0);
}

TEST(ControlGroups, SeesOwnMemory) {
    EXPECT_GT(memory_of_tree(::getpid()), 100'000U);
}

}  // namespace
}  // namespace hs::jail
