// bench_audit [FOLDER]: how fast records become durable, and how fast a log is verified.
//
// The disk's own fdatasync is measured before and after each round, in the same folder, over a file
// whose blocks are already written (the cheapest durable write there is), because the bar is a ratio:
// 16 writers with one event outstanding each reach at least half of 16 / fdatasync.
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <filesystem>
#include <thread>
#include <vector>

#include "audit/log.h"
#include "audit/verify.h"
#include "os/file.h"
#include "os/system.h"

namespace hs {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
    return std::chrono::duration<double>(Clock::now() - start).count();
}

double median(std::vector<double> values) {
    std::sort(values.begin(), values.end());
    return values.at(values.size() / 2);
}

// Seconds for one write of 512 bytes in place and its fdatasync, `count` times.
std::vector<double> sync_times(const std::string& folder, int count) {
    const std::string path = folder + "/disk";
    CHECK(os::write_file_atomic(path, base::Bytes(1U << 20U, 1)).ok());
    const auto file = os::open_file(path, O_WRONLY);
    CHECK(file.ok());
    std::vector<double> times;
    for (int i = 0; i < count; ++i) {
        const auto start = Clock::now();
        const base::Bytes block(512, static_cast<std::uint8_t>(i));
        CHECK(os::write_all_at(file->get(), block, static_cast<std::uint64_t>(i % 2048) * 512).ok());
        CHECK(os::sync_data(file->get()).ok());
        times.push_back(seconds_since(start));
    }
    return times;
}

audit::LogKeys make_keys(base::Random& random) {
    auto signing = crypto::SigningKey::generate(random);
    return {std::move(signing), crypto::SecretBytes::random(32, random)};
}

audit::Event make_event(int number) {
    audit::Event event(audit::EventKind::effect_begun);
    event.set(audit::Field::person, "anna").set(audit::Field::session, "01JD9QZ8T0V4N5K2M7R3S6W1XY");
    event.set(audit::Field::tool, "shell").set(audit::Field::host, "build.example");
    event.set(audit::Field::action,
              "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08");
    event.detail("number", number);
    return event;
}

// Events that `writers` threads get recorded in that time, each waiting for its own.
double recorded_each_second(audit::Log& log, int writers, double seconds) {
    std::atomic<bool> go_on{true};
    std::atomic<int> recorded{0};
    std::vector<std::thread> threads;
    const auto start = Clock::now();
    for (int writer = 0; writer < writers; ++writer) {
        threads.emplace_back([&] {
            for (int i = 0; go_on; ++i) {
                const auto index = log.append_and_wait(make_event(i));
                CHECK(index.ok());
                ++recorded;
            }
        });
    }
    std::this_thread::sleep_for(std::chrono::duration<double>(seconds));
    go_on = false;
    for (auto& thread : threads) thread.join();
    return recorded / seconds_since(start);
}

std::vector<double> append_times(audit::Log& log, int count) {
    std::vector<double> times;
    for (int i = 0; i < count; ++i) {
        const auto start = Clock::now();
        CHECK(log.append_and_wait(make_event(i)).ok());
        times.push_back(seconds_since(start));
    }
    return times;
}

bool measure_writers(const std::string& folder) {
    os::SystemClock clock;
    os::SystemRandom random;
    audit::LogOptions options;
    options.origin = "bench.example/log";
    auto log = audit::Log::open(folder + "/log", make_keys(random), options, {clock, random});
    CHECK(log.ok());
    std::vector<double> ratios;
    std::vector<double> syncs;
    std::vector<double> appends;
    for (int round = 0; round < 5; ++round) {
        std::vector<double> disk = sync_times(folder, 200);
        const double rate = recorded_each_second(**log, 16, 2.0);
        for (const double time : append_times(**log, 200)) appends.push_back(time);
        for (const double time : sync_times(folder, 200)) disk.push_back(time);
        const double sync = median(disk);
        syncs.insert(syncs.end(), disk.begin(), disk.end());
        ratios.push_back(rate * sync / 16);
        fmt::print("round {}: fdatasync {:.0f} us, 16 writers {:.0f} events/s = {:.0f} % of 16 / "
                   "fdatasync\n",
                   round + 1, sync * 1e6, rate, ratios.back() * 100);
    }
    fmt::print("one writer waits {:.0f} us (median), {:.0f} us more than one fdatasync\n",
               median(appends) * 1e6, (median(appends) - median(syncs)) * 1e6);
    fmt::print("16 writers: {:.0f} % (median; bar 50 %)\n", median(ratios) * 100);
    return median(ratios) >= 0.5;
}

bool measure_verify(const std::string& folder) {
    constexpr int records = 300'000;
    os::SystemRandom random;
    const auto keys = make_keys(random);
    audit::LogOptions options;
    options.origin = "bench.example/log";
    {
        auto storage = audit::FolderStorage::open(folder + "/large");
        CHECK(storage.ok());
        auto core = audit::LogCore::open(**storage, keys, options, random, 1000);
        CHECK(core.ok());
        std::vector<base::Bytes> batch;
        std::size_t bytes = 0;
        for (int i = 0; i < records; ++i) {
            batch.push_back(*make_event(i).encode(1'795'338'000'000 + i));
            bytes += batch.back().size();
            if (batch.size() < 1000) continue;
            CHECK((*core)->commit(batch, 2000).ok());
            CHECK((*core)->integrate().ok());
            batch.clear();
        }
        CHECK((*core)->settle(3000).ok());
        fmt::print("a log of {} records of {} bytes\n", records, bytes / records);
    }
    std::vector<double> rates;
    for (int round = 0; round < 5; ++round) {
        const auto start = Clock::now();
        const auto report = audit::verify_folder(folder + "/large", {});
        rates.push_back(records / seconds_since(start));
        CHECK(report.ok() && report->verified());
    }
    fmt::print("verify: {:.0f} leaves/s (median; bar 500,000)\n", median(rates));
    return median(rates) >= 500'000;
}

}  // namespace
}  // namespace hs

int main(int count, char** arguments) {
    std::string folder = (count > 1 ? std::string(arguments[1]) : std::string(".")) + "/bench-audit.XXXXXX";
    CHECK(::mkdtemp(folder.data()) != nullptr);
    const bool fast_writers = hs::measure_writers(folder);
    const bool fast_verify = hs::measure_verify(folder);
    std::filesystem::remove_all(folder);
    return fast_writers && fast_verify ? 0 : 1;
}
