// The real hardshell-egress program, started as hardshelld starts it, with the test as hardshelld
// and as keeper. Skipped visibly where the program is not built.
#include "os/process.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "egress/testing.h"

namespace hs::egress {
namespace {

using testing::loopback_envelope;
using testing::LoopbackServer;
using testing::ScriptedKeeper;

constexpr char secret[] = "sk-planted-0123456789abcdefghij";

class ProgramTest : public ::testing::Test {
  protected:
    void SetUp() override {
        const auto own = os::own_program();
        ASSERT_TRUE(own.ok());
        const auto program = std::filesystem::path(*own).parent_path() / "hardshell-egress";
        if (!std::filesystem::exists(program)) GTEST_SKIP() << "hardshell-egress is not built";
        auto daemon = os::stream_pair();
        auto keeper = os::stream_pair();
        ASSERT_TRUE(daemon.ok() && keeper.ok());
        os::SpawnOptions options;
        options.program = program;
        options.environment = {"PATH=/usr/bin:/bin"};
        for (const char* name : {"ASAN_OPTIONS", "TSAN_OPTIONS"}) {
            if (const char* held = ::getenv(name)) {
                options.environment.push_back(std::string(name) + "=" + held);
            }
        }
        options.descriptors = {{daemon->second.get(), 3}, {keeper->second.get(), 4}};
        auto spawned = os::Process::spawn(options);
        ASSERT_TRUE(spawned.ok()) << spawned.error().what;
        process_ = std::make_unique<os::Process>(std::move(*spawned));
        keeper_ = std::make_unique<ScriptedKeeper>(std::move(keeper->first));
        channel_ = std::make_unique<os::Channel>(std::move(daemon->first));
        client_ = std::make_unique<EgressClient>(*channel_);
        keeper->second.close();
        daemon->second.close();
        keeper_->send_key();
    }

    base::Result<HttpAnswer> exchange(const Envelope& envelope, const OutgoingRequest& request) {
        const base::Bytes packed = envelope.pack();
        return egress::exchange(*client_, keeper_->issue_for(packed), packed, request,
                                {os::Deadline::after_ms(5'000), nullptr});
    }
    // A number of kB from /proc/PID/smaps_rollup, and the processor time used in milliseconds.
    long pss_kb() const {
        std::ifstream rollup("/proc/" + std::to_string(process_->pid()) + "/smaps_rollup");
        for (std::string line; std::getline(rollup, line);) {
            if (line.starts_with("Pss:")) return std::strtol(line.c_str() + 4, nullptr, 10);
        }
        return 0;
    }
    double cpu_ms() const {
        std::ifstream stat("/proc/" + std::to_string(process_->pid()) + "/stat");
        std::string field;
        double ticks = 0;
        for (int i = 1; i <= 15 && stat >> field; ++i) {
            if (i >= 14) ticks += std::strtod(field.c_str(), nullptr);
        }
        return ticks * 1000.0 / static_cast<double>(::sysconf(_SC_CLK_TCK));
    }

    std::unique_ptr<os::Process> process_;
    std::unique_ptr<ScriptedKeeper> keeper_;
    std::unique_ptr<os::Channel> channel_;
    std::unique_ptr<EgressClient> client_;
};

TEST_F(ProgramTest, ForwardsWithACredentialThatStandsNowhereElse) {
    std::atomic<int> with_key{0};
    LoopbackServer server([&](net::HttpExchange& exchange) {
        with_key += exchange.request().headers.find("x-api-key") == secret ? 1 : 0;
        static_cast<void>(exchange.answer(200, "text/plain", "ok"));
    });
    keeper_->secrets.with([](auto& table) { table["key@127.0.0.1"] = secret; });
    Envelope envelope = loopback_envelope(server.port);
    envelope.credential = {"key", "x-api-key", ""};
    constexpr int rounds = 500;
    const double cpu_before_ms = cpu_ms();
    const auto begun = std::chrono::steady_clock::now();
    for (int i = 0; i < rounds; ++i) {
        auto answer = exchange(envelope, {"POST", "", {}, base::bytes_of("question")});
        ASSERT_TRUE(answer.ok()) << answer.error().what;
        ASSERT_EQ(*answer->whole_body(os::Deadline::after_ms(5'000)), "ok");
    }
    const auto took = std::chrono::duration_cast<std::chrono::microseconds>(
        std::chrono::steady_clock::now() - begun);
    EXPECT_EQ(with_key, rounds);
    std::printf("egress: %ld us an exchange, %.3f CPU-ms, PSS %ld kB\n",
                static_cast<long>(took.count() / rounds), (cpu_ms() - cpu_before_ms) / rounds,
                pss_kb());
    for (const char* name : {"environ", "cmdline"}) {
        std::ifstream file("/proc/" + std::to_string(process_->pid()) + "/" + name);
        const std::string text((std::istreambuf_iterator<char>(file)), {});
        EXPECT_EQ(text.find(secret), std::string::npos);
    }
}

TEST_F(ProgramTest, EndsWithItsKeeperAndOnSigterm) {
    keeper_.reset();
    const auto ended = process_->wait(os::Deadline::after_ms(5'000));
    ASSERT_TRUE(ended.ok()) << ended.error().what;
    EXPECT_EQ(ended->code, 0);
    EXPECT_EQ(ended->signal, 0);
    TearDown();
    SetUp();
    process_->signal(SIGTERM);
    const auto stopped = process_->wait(os::Deadline::after_ms(5'000));
    ASSERT_TRUE(stopped.ok()) << stopped.error().what;
    EXPECT_EQ(stopped->code, 0);
}

TEST_F(ProgramTest, KillingItEndsWhatRuns) {
    LoopbackServer server([](net::HttpExchange& exchange) {
        if (!exchange.begin({})) return;
        while (exchange.write("tick")) std::this_thread::sleep_for(std::chrono::milliseconds(5));
    });
    auto answer = exchange(loopback_envelope(server.port), {"GET", "", {}, {}});
    ASSERT_TRUE(answer.ok()) << answer.error().what;
    process_->signal(SIGKILL);
    EXPECT_FALSE(answer->whole_body(os::Deadline::after_ms(2'000)).ok());
    EXPECT_FALSE(exchange(loopback_envelope(server.port), {"GET", "", {}, {}}).ok());
}

}  // namespace
}  // namespace hs::egress
