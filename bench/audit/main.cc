// bench_audit [FOLDER]: how fast records become durable, and how fast a log is verified.
//
// The disk's own fdatasync is measured before and after each round, in the same folder, because the
// bar is a ratio: 16 writers with one event outstanding each reach at least half of 16 / fdatasync.
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/resource.h>
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

// Seconds that this process has spent on processors, on all its threads.
double processor_seconds() {
    rusage used{};
    CHECK(::getrusage(RUSAGE_SELF, &used) == 0);
    const auto seconds = [](const timeval& time) {
        return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
    };
    return seconds(used.ru_utime) + seconds(used.ru_stime);
}

double median(std::vector<double> values) {
    std::sort(values.begin(), values.end());
    return values.at(values.size() / 2);
}

// Seconds to make one record of 256 bytes durable by itself, `count` times: appended to a file that
// grows, as a program without group commit does it, or written over blocks that are there already,
// the cheapest durable write that there is.
enum class Write : std::uint8_t { append, in_place };
std::vector<double> sync_times(const std::string& folder, Write how, int count) {
    const std::string path = folder + "/disk";
    const std::size_t before = how == Write::append ? 0 : 1U << 20U;
    CHECK(os::write_file_atomic(path, base::Bytes(before, 1)).ok());
    const auto file = os::open_file(path, O_WRONLY);
    CHECK(file.ok());
    std::vector<double> times;
    for (int i = 0; i < count; ++i) {
        const auto start = Clock::now();
        const base::Bytes block(256, static_cast<std::uint8_t>(i));
        CHECK(os::write_all_at(file->get(), block, static_cast<std::uint64_t>(i) * 256).ok());
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
    audit::Event event(audit::EventKind::effect_ended);
    event.set(audit::Field::person, "anna")
        .set(audit::Field::session, "01JD9QZ8T0V4N5K2M7R3S6W1XY");
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

struct Rounds {
    std::vector<double> appended;  // seconds
    std::vector<double> in_place;
    std::vector<double> waited;
    std::vector<double> ratio;  // against appended
    std::vector<double> ratio_in_place;
};

void measure_round(audit::Log& log, const std::string& folder, Rounds& rounds) {
    auto appended = sync_times(folder, Write::append, 100);
    auto in_place = sync_times(folder, Write::in_place, 100);
    const double processor_before = processor_seconds();
    const std::uint64_t size_before = log.status().size;
    const double rate = recorded_each_second(log, 16, 2.0);
    const double cost = (processor_seconds() - processor_before) /
                        static_cast<double>(log.status().size - size_before);
    const auto waited = append_times(log, 100);
    const auto more_appended = sync_times(folder, Write::append, 100);
    const auto more_in_place = sync_times(folder, Write::in_place, 100);
    appended.insert(appended.end(), more_appended.begin(), more_appended.end());
    in_place.insert(in_place.end(), more_in_place.begin(), more_in_place.end());
    rounds.waited.push_back(median(waited));
    rounds.appended.push_back(median(appended));
    rounds.in_place.push_back(median(in_place));
    rounds.ratio.push_back(rate * rounds.appended.back() / 16);
    rounds.ratio_in_place.push_back(rate * rounds.in_place.back() / 16);
    fmt::print(
        "fdatasync {:.0f} us appended, {:.0f} us in place; one writer waits {:.0f} us; 16 "
        "writers {:.0f} events/s = {:.0f} % ({:.0f} % in place), {:.1f} us of processor each\n",
        rounds.appended.back() * 1e6, rounds.in_place.back() * 1e6, rounds.waited.back() * 1e6,
        rate, rounds.ratio.back() * 100, rounds.ratio_in_place.back() * 100, cost * 1e6);
}

bool measure_writers(const std::string& folder) {
    os::SystemClock clock;
    os::SystemRandom random;
    audit::LogOptions options;
    options.origin = "bench.example/log";
    auto log = audit::Log::open(folder + "/log", make_keys(random), options, {clock, random});
    CHECK(log.ok());
    Rounds rounds;
    for (int round = 0; round < 5; ++round) measure_round(**log, folder, rounds);
    fmt::print("one writer waits {:.0f} us more than one fdatasync in place (median)\n",
               (median(rounds.waited) - median(rounds.in_place)) * 1e6);
    fmt::print("16 writers: {:.0f} % of 16 / fdatasync (median; bar 50 %), {:.0f} % in place\n",
               median(rounds.ratio) * 100, median(rounds.ratio_in_place) * 100);
    return median(rounds.ratio) >= 0.5;
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
            CHECK((*core)->commit(std::move(batch), 2000).ok());
            CHECK((*core)->integrate().ok());
            batch.clear();
        }
        CHECK((*core)->settle(3000).ok());
        fmt::print("a log of {} records of {} bytes\n", records, bytes / records);
    }
    std::vector<double> rates;
    const double processor_before = processor_seconds();
    for (int round = 0; round < 5; ++round) {
        const auto start = Clock::now();
        const auto report = audit::verify_folder(folder + "/large", {});
        rates.push_back(records / seconds_since(start));
        CHECK(report.ok() && report->verified());
    }
    fmt::print("verify: {:.0f} leaves/s (median; bar 500,000), {:.0f} a second of processor\n",
               median(rates), 5 * records / (processor_seconds() - processor_before));
    return median(rates) >= 500'000;
}

}  // namespace
}  // namespace hs

int main(int count, char** arguments) {
    std::string folder =
        (count > 1 ? std::string(arguments[1]) : std::string(".")) + "/bench-audit.XXXXXX";
    CHECK(::mkdtemp(folder.data()) != nullptr);
    const bool fast_writers = hs::measure_writers(folder);
    const bool fast_verify = hs::measure_verify(folder);
    std::filesystem::remove_all(folder);
    return fast_writers && fast_verify ? 0 : 1;
}
