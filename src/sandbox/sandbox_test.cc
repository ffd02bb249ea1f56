#include <gtest/gtest.h>

#include <thread>

#include "base/pack.h"
#include "jail/frames.h"
#include "os/file.h"
#include "os/socket.h"
#include "sandbox/background.h"
#include "sandbox/command_run.h"
#include "sandbox/launcher_client.h"
#include "sandbox/output.h"

namespace hs::sandbox {
namespace {

TEST(Output, SmallTextStaysWhole) {
    Output output;
    output.append(base::bytes_of("one\n"));
    output.append(base::bytes_of("two\n"));
    EXPECT_EQ(output.text(), "one\ntwo\n");
    EXPECT_EQ(output.bytes_left_out(), 0U);
}

TEST(Output, KeepsBothEndsAndCountsTheMiddle) {
    Output output(OutputBounds{100, 100});
    for (int i = 0; i < 1000; ++i) {
        output.append(base::bytes_of("line " + std::to_string(i) + "\n"));
    }
    const std::string text = output.text();
    EXPECT_TRUE(text.starts_with("line 0\n"));
    EXPECT_TRUE(text.ends_with("line 999\n"));
    EXPECT_NE(text.find(" bytes left out]\n"), std::string::npos);
    EXPECT_LT(text.size(), 300U);
    std::string line;
    std::istringstream lines(text);
    while (std::getline(lines, line))
        EXPECT_TRUE(line.starts_with("line ") || line[0] == '[') << line;
}

TEST(Output, MemoryStaysBoundedForOneHugePiece) {
    Output output(OutputBounds{100, 100});
    output.append(base::bytes_of(std::string(10'000'000, 'x')));
    EXPECT_EQ(output.bytes_left_out(), 10'000'000U - 200U);
    EXPECT_LT(output.text().size(), 300U);
}

TEST(Output, IllFormedAndCutCharactersAreMended) {
    Output output(OutputBounds{5, 5});
    for (int i = 0; i < 20; ++i) output.append(base::bytes_of("\xe2\x82\xac"));
    const std::string text = output.text();
    EXPECT_TRUE(text.starts_with("\xe2\x82\xac\n[54 bytes left out]\n"));
    EXPECT_TRUE(text.ends_with("\xe2\x82\xac"));
    Output binary;
    binary.append(base::bytes_of("\xff\xfe ok"));
    EXPECT_EQ(binary.text(), "\xef\xbf\xbd\xef\xbf\xbd ok");
}

TEST(Output, NewsSkipWhatIsGone) {
    Output output(OutputBounds{4, 4});
    std::uint64_t position = 0;
    std::uint64_t skipped = 0;
    output.append(base::bytes_of("ab"));
    EXPECT_EQ(base::text_of(output.since(position, skipped)), "ab");
    output.append(base::bytes_of("cdefghijkl"));
    EXPECT_EQ(base::text_of(output.since(position, skipped)), "cdijkl");
    EXPECT_EQ(skipped, 4U);
    EXPECT_EQ(position, 12U);
    EXPECT_TRUE(output.since(position, skipped).empty());
}

// A launcher that answers as it is told.
class FakeLauncher {
  public:
    FakeLauncher() {
        auto pair = os::stream_pair();
        channel = std::make_unique<os::Channel>(std::move(pair->first));
        client = std::make_unique<LauncherClient>(std::move(pair->second));
    }
    os::Frame next() {
        auto frame = channel->receive(os::Deadline::after_ms(5000));
        EXPECT_TRUE(frame.ok());
        return frame ? std::move(*frame) : os::Frame();
    }
    void send(std::uint64_t id, jail::LauncherFrame kind, base::ByteView payload = {}) {
        EXPECT_TRUE(channel->send(id, static_cast<std::uint16_t>(kind), payload).ok());
    }
    void end(std::uint64_t id, jail::Ending ending) {
        jail::Outcome outcome;
        outcome.ending = ending;
        send(id, jail::LauncherFrame::ended, jail::pack_outcome(outcome));
    }
    std::unique_ptr<os::Channel> channel;
    std::unique_ptr<LauncherClient> client;
};

TEST(LauncherClient, RefusalIsTheError) {
    FakeLauncher fake;
    const auto null = os::open_null();
    auto command = fake.client->start({}, {}, {null->get(), null->get(), null->get()});
    ASSERT_TRUE(command.ok());
    const os::Frame run = fake.next();
    EXPECT_EQ(run.descriptors.size(), 3U);
    base::Packer refusal;
    refusal.u8(static_cast<std::uint8_t>(base::Code::denied));
    refusal.text("no");
    fake.send(run.id, jail::LauncherFrame::refused, refusal.view());
    const auto outcome = command->wait(os::Deadline::after_ms(5000));
    ASSERT_FALSE(outcome.ok());
    EXPECT_EQ(outcome.error().code, base::Code::denied);
}

TEST(LauncherClient, GoneLauncherFailsEveryWait) {
    FakeLauncher fake;
    const auto null = os::open_null();
    auto command = fake.client->start({}, {}, {null->get(), null->get(), null->get()});
    fake.channel.reset();
    const auto outcome = command->wait(os::Deadline::after_ms(5000));
    ASSERT_FALSE(outcome.ok());
    EXPECT_EQ(outcome.error().code, base::Code::io);
    EXPECT_FALSE(fake.client->start({}, {}, {null->get(), null->get(), null->get()}).ok());
}

TEST(LauncherClient, WaitEndsAtTheDeadlineAndByWakeUp) {
    FakeLauncher fake;
    const auto null = os::open_null();
    auto command = fake.client->start({}, {}, {null->get(), null->get(), null->get()});
    EXPECT_EQ(command->wait(os::Deadline::after_ms(10)).error().code, base::Code::timed_out);
    const auto wake_up = os::WakeUp::make();
    wake_up->raise();
    EXPECT_EQ(command->wait(os::Deadline::after_ms(5000), &*wake_up).error().code,
              base::Code::cancelled);
}

TEST(CommandRun, CollectsOutputAndStopsTooMuchOfIt) {
    FakeLauncher fake;
    RunRequest request;
    request.output_bytes_max = 1000;
    std::atomic<std::size_t> live = 0;
    request.live = [&](Stream, base::ByteView bytes) { live += bytes.size(); };
    auto run = CommandRun::start(*fake.client, std::move(request));
    ASSERT_TRUE(run.ok());
    os::Frame frame = fake.next();
    const std::string much(5000, 'x');
    ASSERT_TRUE(os::write_all(frame.descriptors[1].get(), base::bytes_of(much)).ok());
    const os::Frame kill = fake.next();
    EXPECT_EQ(kill.kind, static_cast<std::uint16_t>(jail::LauncherFrame::kill));
    EXPECT_EQ(kill.id, frame.id);
    frame.descriptors.clear();
    fake.end(kill.id, jail::Ending::killed);
    const auto done = (*run)->wait(os::Deadline::after_ms(5000));
    ASSERT_TRUE(done.ok()) << done.error().what;
    EXPECT_TRUE(done->stopped_for_output);
    EXPECT_EQ(done->output_bytes, 5000U);
    EXPECT_EQ(live, 5000U);
}

TEST(BackgroundCommands, AreSeenByTheirOwnerOnly) {
    FakeLauncher fake;
    base::ScriptedClock clock(1000);
    BackgroundCommands table(clock);
    auto run = CommandRun::start(*fake.client, {});
    os::Frame frame = fake.next();
    const auto number = table.add("alice", "make", std::move(*run));
    ASSERT_TRUE(number.ok());
    EXPECT_EQ(table.list("alice").size(), 1U);
    EXPECT_TRUE(table.list("mallory").empty());
    EXPECT_EQ(table.look("mallory", *number).error().code, base::Code::not_found);
    EXPECT_FALSE(table.kill("mallory", *number).ok());
    ASSERT_TRUE(os::write_all(frame.descriptors[1].get(), base::bytes_of("hello")).ok());
    std::string seen;
    for (int i = 0; i < 500 && seen.empty(); ++i) {
        seen = table.look("alice", *number)->standard_output;
        std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
    EXPECT_EQ(seen, "hello");
    frame.descriptors.clear();
    fake.end(frame.id, jail::Ending::exited);
    for (int i = 0; i < 500 && table.list("alice")[0].running; ++i) {
        std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
    EXPECT_EQ(table.look("alice", *number)->ending, "exit code 0");
}

}  // namespace
}  // namespace hs::sandbox
