// The launcher's loop in a child process, with the test as daemon and keeper.
#include "jail/launcher.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <thread>

#include "crypto/hash.h"
#include "os/file.h"
#include "os/pipe.h"
#include "os/socket.h"
#include "os/system.h"

namespace hs::jail {
namespace {

constexpr std::uint64_t generation = 5;

class LauncherLoop : public testing::Test {
  protected:
    void SetUp() override {
        auto daemon_pair = os::stream_pair();
        auto keeper_pair = os::stream_pair();
        daemon = std::make_unique<os::Channel>(std::move(daemon_pair->first));
        keeper = std::make_unique<os::Channel>(std::move(keeper_pair->first));
        loop = ::fork();
        ASSERT_GE(loop, 0);
        if (loop == 0) {
            daemon.reset();
            keeper.reset();
            auto made = Launcher::make({{}, 0, prepares}, std::move(daemon_pair->second),
                                       std::move(keeper_pair->second), clock);
            ::_exit(made && (*made)->run() ? 0 : 3);
        }
        key = crypto::SecretBytes::random(32, random);
        spec.profile = "test";
        spec.mounts = os::system_mounts();
        spec.command.executable = "/usr/bin/true";
        spec.command.argv = {"true"};
        spec.command.working_directory = "/tmp";
        const auto file = os::open_file("/usr/bin/true", O_RDONLY);
        spec.command.executable_sha256 = *crypto::sha256_of_descriptor(file->get(), 1U << 30U);
        ticket.kind = os::LaunchSpec::ticket_kind;
        ticket.generation = generation;
        ticket.expiry_ms = clock.wall_ms() + 60'000;
        ticket.issued_by = "test";
    }
    // Runs a script of the shell with these arguments to its end.
    Outcome run_script(std::uint64_t id, const std::string& script) {
        spec.command.executable = "/usr/bin/dash";
        spec.command.argv = {"sh", "-c", script};
        const auto file = os::open_file(spec.command.executable, O_RDONLY);
        spec.command.executable_sha256 = *crypto::sha256_of_descriptor(file->get(), 1U << 30U);
        const auto packed = *os::pack_launch_spec(spec);
        send_run(id, issue(packed), packed);
        EXPECT_EQ(next().kind, number(LauncherFrame::started));
        return *unpack_outcome(next().payload);
    }
    std::vector<pid_t> children() const {
        const std::string self = std::to_string(loop);
        std::ifstream file("/proc/" + self + "/task/" + self + "/children");
        std::vector<pid_t> all;
        for (pid_t one = 0; file >> one;) all.push_back(one);
        return all;
    }
    static bool has_ended(pid_t process) {
        std::ifstream stat("/proc/" + std::to_string(process) + "/stat");
        std::string text;
        std::getline(stat, text);
        return text.empty() || text.find(") Z") != std::string::npos;
    }
    // Until the launcher has one ready.
    void await_prepared() const {
        for (int i = 0; i < 500 && children().empty(); ++i) {
            std::this_thread::sleep_for(std::chrono::milliseconds(10));
        }
        EXPECT_EQ(children().size(), 1U);
    }
    void TearDown() override {
        daemon.reset();
        if (loop > 0) exit_code();
    }
    int exit_code() {
        int status = 0;
        ::waitpid(loop, &status, 0);
        loop = -1;
        return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    }

    static std::uint16_t number(LauncherFrame kind) { return static_cast<std::uint16_t>(kind); }
    void hand_over_key() {
        base::Packer out;
        out.bytes(key.view());
        out.u64(generation);
        ASSERT_TRUE(keeper->send(1, number(LauncherFrame::key), out.view()).ok());
        const auto ready = keeper->receive(os::Deadline::after_ms(5000));
        ASSERT_TRUE(ready.ok());
        EXPECT_EQ(ready->kind, number(LauncherFrame::ready));
    }
    base::Bytes issue(base::ByteView spec_bytes) {
        ticket.digest = crypto::sha256(spec_bytes);
        random.fill(ticket.nonce);
        return crypto::issue_ticket(key, ticket);
    }
    void send_run(std::uint64_t id, base::ByteView ticket_bytes, base::ByteView spec_bytes,
                  int descriptors = 3) {
        const auto null = os::open_null();
        const std::vector<int> handed(static_cast<std::size_t>(descriptors), null->get());
        const auto payload = pack_run(ticket_bytes, spec_bytes);
        ASSERT_TRUE(daemon->send(id, number(LauncherFrame::run), payload, handed).ok());
    }
    os::Frame next() {
        auto frame = daemon->receive(os::Deadline::after_ms(20'000));
        EXPECT_TRUE(frame.ok()) << frame.error().what;
        return frame ? std::move(*frame) : os::Frame();
    }
    std::string refusal() {
        const os::Frame frame = next();
        EXPECT_EQ(frame.kind, number(LauncherFrame::refused));
        base::Unpacker in(frame.payload);
        (void)in.u8();
        return in.text().ok() ? std::string(base::text_of(frame.payload).substr(5)) : "";
    }

    os::SystemClock clock;
    os::SystemRandom random;
    std::unique_ptr<os::Channel> daemon;
    std::unique_ptr<os::Channel> keeper;
    pid_t loop = -1;
    bool prepares = true;
    crypto::SecretBytes key;
    crypto::Ticket ticket;
    os::LaunchSpec spec;
};

TEST_F(LauncherLoop, NothingRunsWithoutAKey) {
    const auto packed = *os::pack_launch_spec(spec);
    send_run(1, issue(packed), packed);
    EXPECT_NE(refusal().find("key"), std::string::npos);
}

TEST_F(LauncherLoop, ATicketWorksOnceForItsOwnBytes) {
    hand_over_key();
    const auto packed = *os::pack_launch_spec(spec);
    const auto good = issue(packed);
    auto forged = good;
    forged.back() ^= 1;
    send_run(1, forged, packed);
    EXPECT_NE(refusal().find("ticket"), std::string::npos);
    auto bent = packed;
    bent[bent.size() / 2] ^= 1;
    send_run(2, good, bent);
    EXPECT_NE(refusal().find("not the one that was permitted"), std::string::npos);
    send_run(3, good, packed);
    EXPECT_EQ(next().kind, number(LauncherFrame::started));
    const auto frame = next();
    ASSERT_EQ(frame.kind, number(LauncherFrame::ended));
    const auto outcome = *unpack_outcome(frame.payload);
    EXPECT_EQ(outcome.ending, Ending::exited) << describe(outcome);
    send_run(4, good, packed);
    EXPECT_FALSE(refusal().empty());
}

TEST_F(LauncherLoop, OldGenerationOtherKindAndExpiryAreRefused) {
    hand_over_key();
    const auto packed = *os::pack_launch_spec(spec);
    ticket.kind = 2;
    send_run(1, issue(packed), packed);
    EXPECT_NE(refusal().find("not one for a launch"), std::string::npos);
    ticket.kind = os::LaunchSpec::ticket_kind;
    ticket.expiry_ms = clock.wall_ms() - 1;
    send_run(2, issue(packed), packed);
    EXPECT_FALSE(refusal().empty());
    ticket.expiry_ms = clock.wall_ms() + 60'000;
    const auto good = issue(packed);
    base::Packer newer;
    newer.u64(generation + 1);
    ASSERT_TRUE(keeper->send(2, number(LauncherFrame::generation), newer.view()).ok());
    ASSERT_TRUE(keeper->receive(os::Deadline::after_ms(5000)).ok());
    send_run(3, good, packed);
    EXPECT_FALSE(refusal().empty());
}

TEST_F(LauncherLoop, FoldersAndSocketsAreNoStandardInput) {
    hand_over_key();
    const auto packed = *os::pack_launch_spec(spec);
    const auto folder = os::open_file("/", O_RDONLY | O_DIRECTORY);
    const auto pair = os::stream_pair();
    const auto null = os::open_null();
    std::uint64_t id = 1;
    for (const int bad : {folder->get(), pair->first.get()}) {
        const auto payload = pack_run(issue(packed), packed);
        ASSERT_TRUE(
            daemon->send(id++, number(LauncherFrame::run), payload, {bad, null->get(), null->get()})
                .ok());
        EXPECT_NE(refusal().find("pipe"), std::string::npos);
    }
    send_run(id, issue(packed), packed, 4);
    EXPECT_NE(refusal().find("three descriptors"), std::string::npos);
}

TEST_F(LauncherLoop, KillAndLockdownEndTheWholeSandbox) {
    hand_over_key();
    spec.command.executable = "/usr/bin/sleep";
    spec.command.argv = {"sleep", "1000"};
    const auto file = os::open_file("/usr/bin/sleep", O_RDONLY);
    spec.command.executable_sha256 = *crypto::sha256_of_descriptor(file->get(), 1U << 30U);
    const auto packed = *os::pack_launch_spec(spec);
    for (const bool lockdown : {false, true}) {
        const std::uint64_t id = lockdown ? 2 : 1;
        send_run(id, issue(packed), packed);
        EXPECT_EQ(next().kind, number(LauncherFrame::started));
        if (lockdown) {
            ASSERT_TRUE(keeper->send(9, number(LauncherFrame::stop_all), {}).ok());
        } else {
            ASSERT_TRUE(daemon->send(id, number(LauncherFrame::kill), {}).ok());
        }
        const auto frame = next();
        ASSERT_EQ(frame.kind, number(LauncherFrame::ended));
        EXPECT_EQ(unpack_outcome(frame.payload)->ending, Ending::killed);
    }
}

TEST_F(LauncherLoop, ARecordedCommandTellsWhatItAskedFor) {
    hand_over_key();
    const std::string script =
        "exec 2>/dev/null; cat /home/user/notes/a.txt; echo x > /home/user/out/b; mkdir made; true";
    EXPECT_TRUE(run_script(1, script).attempts.empty()) << "only where the specification says so";
    spec.attempts = os::AttemptRecord::kept;
    const Outcome outcome = run_script(2, script);
    EXPECT_EQ(outcome.ending, Ending::exited);
    const auto has = [&](AttemptKind kind, const std::string& what) {
        return std::ranges::find(outcome.attempts, Attempt{kind, what}) != outcome.attempts.end();
    };
    EXPECT_TRUE(has(AttemptKind::read, "/home/user/notes/a.txt"));
    EXPECT_TRUE(has(AttemptKind::write, "/home/user/out/b"));
    EXPECT_TRUE(has(AttemptKind::run, "/usr/bin/cat") || has(AttemptKind::run, "/bin/cat"));
    for (const auto& attempt : outcome.attempts) {
        EXPECT_FALSE(attempt.kind == AttemptKind::read && attempt.what.starts_with("/usr/"))
            << attempt.what;
        EXPECT_FALSE(attempt.what.starts_with("/tmp/")) << attempt.what;
    }
    // Where something personal is shown, its place is none of the system's.
    char folder[] = "/tmp/recorded-XXXXXX";
    ASSERT_NE(::mkdtemp(folder), nullptr);
    ASSERT_EQ(::chmod(folder, 0777), 0);
    spec.mounts.push_back({folder, folder, os::MountAccess::read_write, os::MountPresence::required,
                           os::MountContent::personal});
    const std::string inside = std::string(folder) + "/made";
    const Outcome shown = run_script(4, "echo x > " + inside + "; echo y > /tmp/other");
    EXPECT_EQ(std::ranges::count(shown.attempts, Attempt{AttemptKind::write, inside}), 1);
    EXPECT_EQ(shown.attempts.size(), 1U);
    spec.mounts.pop_back();
    EXPECT_EQ(::unlink(inside.c_str()), 0);
    EXPECT_EQ(::rmdir(folder), 0);
    // What is refused always stays refused.
    const Outcome refused = run_script(3,
                                       "/usr/bin/python3 -c 'import ctypes; "
                                       "ctypes.CDLL(None).ptrace(0, 0, 0, 0)'; true");
    if (os::facts_of_path("/usr/bin/python3")) {
        EXPECT_EQ(std::ranges::count(refused.denied, std::string("ptrace"), &DeniedCall::name), 1);
    }
}

TEST_F(LauncherLoop, TimeIsUp) {
    hand_over_key();
    spec.command.executable = "/usr/bin/sleep";
    spec.command.argv = {"sleep", "1000"};
    spec.limits.wall_ms = 300;
    const auto file = os::open_file("/usr/bin/sleep", O_RDONLY);
    spec.command.executable_sha256 = *crypto::sha256_of_descriptor(file->get(), 1U << 30U);
    const auto packed = *os::pack_launch_spec(spec);
    send_run(1, issue(packed), packed);
    EXPECT_EQ(next().kind, number(LauncherFrame::started));
    EXPECT_EQ(unpack_outcome(next().payload)->ending, Ending::timed_out);
}

class LauncherThatPreparesNothing : public LauncherLoop {
  protected:
    LauncherThatPreparesNothing() { prepares = false; }
};

TEST_F(LauncherThatPreparesNothing, RunsAllTheSame) {
    hand_over_key();
    EXPECT_TRUE(children().empty());
    const Outcome outcome = run_script(1, "exit 7");
    EXPECT_EQ(outcome.code, 7) << describe(outcome);
    EXPECT_TRUE(children().empty());
}

TEST_F(LauncherLoop, EachPreparedSandboxIsUsedOnceAndCarriesNothing) {
    hand_over_key();
    pid_t before = 0;
    for (std::uint64_t id = 1; id <= 4; ++id) {
        await_prepared();
        const pid_t prepared = children().front();
        EXPECT_NE(prepared, before);
        before = prepared;
        spec.hostname = "host" + std::to_string(id);
        const Outcome outcome = run_script(
            id,
            "for d in /tmp /home/user /dev/shm; do test -e $d/mark && exit 9; touch $d/mark; done; "
            "test $(cat /proc/sys/kernel/hostname) = " +
                spec.hostname + " && test $(cat /etc/hostname) = " + spec.hostname);
        EXPECT_EQ(outcome.ending, Ending::exited) << describe(outcome);
        EXPECT_EQ(outcome.code, 0);
        if (outcome.usage.wall_us == 0) ADD_FAILURE() << "the run has no time of its own";
    }
}

TEST_F(LauncherLoop, APreparedSandboxEndsWithTheLauncher) {
    hand_over_key();
    await_prepared();
    const pid_t prepared = children().front();
    ASSERT_EQ(::kill(loop, SIGKILL), 0);
    exit_code();
    for (int i = 0; i < 500 && !has_ended(prepared); ++i) {
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    EXPECT_TRUE(has_ended(prepared));
}

TEST_F(LauncherLoop, AKilledPreparedSandboxIsReplaced) {
    hand_over_key();
    await_prepared();
    const pid_t prepared = children().front();
    ASSERT_EQ(::kill(prepared, SIGKILL), 0);
    for (int i = 0; i < 500 && !has_ended(prepared); ++i) {
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    EXPECT_EQ(run_script(1, "exit 5").code, 5);
}

TEST_F(LauncherLoop, WhatIsMountedLaterIsShown) {
    if (::geteuid() != 0) GTEST_SKIP() << "only root mounts";
    hand_over_key();
    await_prepared();
    std::string folder = "/tmp/hardshell-launcher-test-XXXXXX";
    ASSERT_NE(::mkdtemp(folder.data()), nullptr);
    if (::mount("tmpfs", folder.c_str(), "tmpfs", 0, nullptr) != 0)
        GTEST_SKIP() << "no mounts here";
    std::ofstream(folder + "/later") << "x";
    spec.mounts.push_back({folder, "/later", os::MountAccess::read_only});
    EXPECT_EQ(run_script(1, "test -e /later/later").code, 0);
    EXPECT_EQ(::umount2(folder.c_str(), 0), 0);  // nothing that is prepared holds on to it
    ::rmdir(folder.c_str());
}

TEST_F(LauncherLoop, NonsenseFromTheDaemonEndsTheLauncher) {
    ASSERT_TRUE(daemon->send(1, 999, {}).ok());
    EXPECT_EQ(exit_code(), 3);
}

TEST_F(LauncherLoop, EndsQuietlyWhenTheDaemonIsGone) {
    daemon.reset();
    EXPECT_EQ(exit_code(), 0);
}

}  // namespace
}  // namespace hs::jail
