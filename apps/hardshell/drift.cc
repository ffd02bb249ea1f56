// drift: what departs from the usual, shown, or looked for and recorded at once by the keeper.

#include "insight/drift.h"

#include <fmt/format.h>

#include <thread>

#include "hardshell/commands.h"
#include "hardshell/event_list.h"
#include "hardshell/lines.h"
#include "hardshell/settings_file.h"
#include "hardshell/when.h"
#include "insight/review_due.h"
#include "os/file.h"
#include "os/system.h"
#include "wire/members.h"

namespace hs::cli {

using base::Code;
using base::fail;
using base::Result;
using insight::Finding;
using insight::Weight;
using wire::Json;
using wire::JsonObject;
using wire::number_in;

namespace {

constexpr std::string_view usual_window = "30d";
constexpr std::int64_t look_patience_ms = 300'000;

// The keeper looks, records what is new, and tells when it is through.
Result<int> look_now(const Desk& desk) {
    auto keeper = TRY(KeeperLine::open(desk.places));
    const Json none{JsonObject{}};
    const std::int64_t before = number_in(TRY(keeper.question("drift.status", none)), "looks");
    TRY(keeper.question("drift.look", none));
    const os::Deadline deadline = os::Deadline::after_ms(look_patience_ms);
    for (;;) {
        const Json status = TRY(keeper.question("drift.status", none));
        if (number_in(status, "looks") > before) {
            const std::string problem = text_in(status, "problem");
            if (!problem.empty()) return fail(Code::io, problem);
            if (desk.screen.form() == Form::json) {
                desk.screen.json(status);
            } else {
                desk.screen.line(
                    fmt::format("{} new findings are recorded; see: hardshell audit "
                                "search --kind finding",
                                number_in(status, "recorded")));
            }
            return exit_done;
        }
        if (deadline.passed()) return fail(Code::timed_out, "the keeper is still looking");
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
}

}  // namespace

Result<int> run_drift(const Desk& desk) {
    if (desk.options.record) return look_now(desk);
    const os::SystemClock clock;
    const base::WallTime_ms from_ms = TRY(
        parse_when(desk.options.from.empty() ? usual_window : std::string_view(desk.options.from),
                   clock.wall_ms()));
    const gate::Settings configured = TRY(settings_of(desk));
    const insight::DriftSettings settings = TRY(insight::drift_settings(configured));
    note_reading(desk, "drift");
    auto reader = TRY(audit::Reader::open(desk.places.audit_folder));
    auto report = TRY(insight::find_drift(reader, settings, from_ms));
    if (auto due = TRY(insight::review_due(reader, configured.integer("review.every_days"),
                                           clock.wall_ms()))) {
        report.found.push_back(std::move(*due));
    }
    if (desk.screen.form() == Form::json) {
        Json list{wire::JsonArray{}};
        for (const Finding& finding : report.found) list.push(finding.to_json());
        desk.screen.json(JsonObject{{"findings", std::move(list)}});
        return exit_done;
    }
    for (const Finding& finding : report.found) {
        const Tone tone = finding.weight == Weight::high  ? Tone::bad
                          : finding.weight == Weight::low ? Tone::faint
                                                          : Tone::plain;
        desk.screen.line(fmt::format(
            "{}  {:<6}  {}", base::format_time(finding.day_ms).substr(0, 10),
            insight::weight_name(finding.weight), desk.screen.tone(tone, clean(finding.text))));
    }
    if (report.found.empty()) desk.screen.line("Nothing departs from the usual.");
    return exit_done;
}

}  // namespace hs::cli
