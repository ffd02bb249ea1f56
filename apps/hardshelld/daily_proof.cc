#include "hardshelld/daily_proof.h"

#include <charconv>
#include <cstdio>

#include "os/environment.h"
#include "os/file.h"
#include "os/process.h"
#include "os/socket.h"
#include "os/system.h"

namespace hs::daemon {

using base::Code;
using base::fail;
using base::Result;

namespace {

constexpr std::int64_t hour_ms = 3'600'000;
constexpr std::int64_t look_ms = 600'000;
constexpr std::int64_t proof_ms = 300'000;

std::vector<std::string> environment_of_the_proof() {
    std::vector<std::string> kept{"PATH=/usr/bin:/bin"};
    for (const char* name : {"HOME", "LANG", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_RUNTIME_DIR",
                             "ASAN_OPTIONS", "TSAN_OPTIONS"}) {
        if (const auto value = os::environment(name)) kept.push_back(name + ("=" + *value));
    }
    return kept;
}

}  // namespace

Result<std::unique_ptr<DailyProof>> DailyProof::start(Parts parts) {
    auto stop = TRY(os::WakeUp::make());
    std::unique_ptr<DailyProof> made(new DailyProof(std::move(parts), std::move(stop)));
    made->thread_ = std::thread([raw = made.get()] { raw->run(); });
    return made;
}

DailyProof::~DailyProof() {
    stop_.raise();
    if (thread_.joinable()) thread_.join();
}

void DailyProof::run() const {
    if (parts_.settings.integer("doctor.every_hours") == 0) return;
    std::int64_t pause_ms = parts_.settings.integer("doctor.first_seconds") * 1'000;
    for (;;) {
        const auto stopped =
            os::wait_for(stop_.fd(), os::Ready::readable, os::Deadline::after_ms(pause_ms));
        if (stopped) return;
        pause_ms = look_ms;
        if (!is_due()) continue;
        const auto proven = prove();
        if (!proven) {
            std::fprintf(stderr, "hardshelld: the daily proof: %s\n", proven.error().what.c_str());
        }
    }
}

// The doctor writes the time when its result is on record.
bool DailyProof::is_due() const {
    const auto text = os::read_text(parts_.state + "/proof", 64);
    std::int64_t last_ms = 0;
    if (text) std::from_chars(text->data(), text->data() + text->size(), last_ms);
    const base::WallTime_ms now_ms = os::SystemClock().wall_ms();
    // A clock that was set back must not keep it from looking.
    return now_ms < last_ms ||
           now_ms - last_ms >= parts_.settings.integer("doctor.every_hours") * hour_ms;
}

Result<> DailyProof::prove() const {
    // Nobody reads what it says: it is in the record.
    auto said = TRY(os::stream_pair());
    os::SpawnOptions options;
    options.program = parts_.program;
    options.arguments = {"doctor", "--json"};
    options.environment = environment_of_the_proof();
    options.descriptors = {{said.second.get(), 1}};
    auto process = TRY(os::Process::spawn(options));
    TRY(os::wait_for(process.pidfd(), os::Ready::readable, os::Deadline::after_ms(proof_ms),
                     &stop_));
    const os::ExitStatus status = TRY(process.wait(os::Deadline::after_ms(0)));
    if (status.signal == 0 && status.code == 0) return {};
    return fail(Code::conflict, "not all walls were proven; see: hardshell doctor");
}

}  // namespace hs::daemon
