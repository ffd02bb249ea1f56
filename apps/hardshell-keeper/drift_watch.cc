#include "hardshell-keeper/drift_watch.h"

#include <fmt/format.h>

#include "insight/review_due.h"
#include "os/file.h"

namespace hs::keeping {

using base::Code;
using base::fail;
using base::Result;
using wire::Json;
using wire::JsonObject;

namespace {

constexpr std::int64_t every_ms = 24 * std::int64_t{3'600'000};
// Nothing competes with a start.
constexpr std::int64_t first_pause_ms = 60'000;
constexpr std::int64_t look_pause_ms = 600'000;
constexpr std::size_t text_bytes_max = std::size_t{1} << 20U;
constexpr std::int64_t days_told = 8;

}  // namespace

Result<> DriftWatch::start() {
    wake_ = TRY(os::WakeUp::make());
    thread_ = std::thread([this] { run(); });
    return {};
}

void DriftWatch::stop() {
    stopping_ = true;
    if (wake_) wake_->raise();
    if (thread_.joinable()) thread_.join();
}

void DriftWatch::run() {
    std::int64_t pause_ms = first_pause_ms;
    while (!stopping_) {
        const auto waited =
            os::wait_for(wake_->fd(), os::Ready::readable, os::Deadline::after_ms(pause_ms));
        static_cast<void>(waited.ok());  // the pause may as well end by itself
        wake_->lower();
        pause_ms = look_pause_ms;
        if (stopping_) return;
        const bool asked = asked_.exchange(false);
        if (!asked && (!parts_.settings.boolean("drift.enabled") || !is_due())) continue;
        const auto looked = look();
        status_.with([&](Status& held) {
            ++held.looks;
            held.last_ms = parts_.clock.wall_ms();
            held.problem = looked ? "" : looked.error().what;
            if (looked) held.recorded = *looked;
        });
        if (!looked) {
            std::fprintf(stderr, "hardshell-keeper: drift: %s\n", looked.error().what.c_str());
        }
    }
}

bool DriftWatch::is_due() const {
    const auto facts = os::read_text(path(), text_bytes_max);
    const auto last = facts ? audit::parse_decimal(*facts) : Result<std::uint64_t>(0);
    const base::WallTime_ms now_ms = parts_.clock.wall_ms();
    const auto last_ms = last ? static_cast<base::WallTime_ms>(*last) : 0;
    // A clock that was set back must not keep it from looking.
    return now_ms - last_ms >= every_ms || now_ms < last_ms;
}

std::vector<insight::Finding> DriftWatch::managed() const {
    if (parts_.organisation.empty()) return {};
    const std::string path = parts_.organisation + "/managed.toml";
    const auto text = os::read_text(path, text_bytes_max);
    const auto managed =
        text ? gate::Settings::parse(*text, path) : Result<gate::Settings>(text.failure());
    if (managed) return insight::managed_drift(parts_.settings, *managed, parts_.clock.wall_ms());
    if (managed.error().code != Code::not_found) {
        std::fprintf(stderr, "hardshell-keeper: %s\n", managed.error().what.c_str());
    }
    return {};
}

// How many were new to the record.
Result<std::int64_t> DriftWatch::look() {
    const insight::DriftSettings settings = TRY(insight::drift_settings(parts_.settings));
    // What the last look recorded must be seen by this one, or it is recorded again.
    TRY(parts_.log.checkpoint_and_wait());
    auto reader = TRY(audit::Reader::open(parts_.state + "/audit"));
    const base::WallTime_ms now_ms = parts_.clock.wall_ms();
    auto report = TRY(insight::find_drift(reader, settings, now_ms - days_told * every_ms));
    if (auto due = TRY(
            insight::review_due(reader, parts_.settings.integer("review.every_days"), now_ms))) {
        report.found.push_back(std::move(*due));
    }
    for (auto& finding : managed()) report.found.push_back(std::move(finding));
    std::int64_t recorded = 0;
    for (const insight::Finding& finding : report.found) {
        if (report.recorded.contains(finding.key())) continue;
        TRY(parts_.log.append_and_wait(finding.to_event()));
        ++recorded;
    }
    TRY(os::write_file_atomic(path(), base::bytes_of(std::to_string(now_ms))));
    return recorded;
}

void DriftWatch::add_verbs(gate::Keeper& keeper) {
    using Access = gate::Keeper::Access;
    keeper.add_verb("drift.look", Access::person_only,
                    [this](const gate::Sender&, const Json&) -> Result<Json> {
                        if (!wake_) return fail(Code::conflict, "the keeper is still starting");
                        asked_ = true;
                        wake_->raise();
                        return Json(JsonObject{});
                    });
    keeper.add_verb(
        "drift.status", Access::daemon_or_person,
        [this](const gate::Sender&, const Json&) -> Result<Json> {
            const Status held = status_.with([](Status& one) { return one; });
            return Json(JsonObject{
                {"looks", held.looks},
                {"recorded", held.recorded},
                {"problem", held.problem},
                {"last", held.last_ms == 0 ? Json() : Json(base::format_time(held.last_ms))}});
        });
}

}  // namespace hs::keeping
