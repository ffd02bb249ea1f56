// schedule: what runs by the clock.

#include <fmt/format.h>

#include "hardshell/commands.h"
#include "hardshell/lines.h"
#include "hardshell/when.h"
#include "os/system.h"

namespace hs::cli {

using base::Code;
using base::fail;
using base::Result;
using wire::Json;
using wire::JsonObject;

Result<int> run_schedule_add(const Desk& desk) {
    const ScheduleOptions& held = desk.options.schedule;
    if (!held.when.empty() + !held.at.empty() + !held.on.empty() != 1) {
        return fail(Code::invalid_input,
                    "say when: --when \"0 8 * * mon-fri\" again and again, --at "
                    "2026-12-01T09:00Z once, or --on CHANNEL when its webhook says so");
    }
    Json body = JsonObject{{"name", desk.options.text},
                           {"kind", held.kind},
                           {"cron", held.when},
                           {"text", held.text},
                           {"channel", held.channel},
                           {"conversation", held.conversation},
                           {"missed", held.missed},
                           {"project", desk.options.project},
                           {"on", held.on}};
    if (!held.at.empty()) body["next_ms"] = TRY(parse_when(held.at, os::SystemClock().wall_ms()));
    auto daemon = TRY(DaemonLine::open(desk.places, Start::no));
    const Json json = TRY(daemon.request("POST", "/v1/schedules", body));
    if (desk.screen.form() == Form::json) {
        desk.screen.json(json);
    } else {
        desk.screen.line(fmt::format("{} is next due{} {}.", text_in(json, "name"),
                                     held.on.empty() ? " at" : "", text_in(json, "next")));
    }
    return exit_done;
}

Result<int> run_schedule_list(const Desk& desk) {
    auto daemon = TRY(DaemonLine::open(desk.places, Start::no));
    const Json json = TRY(daemon.request("GET", "/v1/schedules"));
    if (desk.screen.form() == Form::json) {
        desk.screen.json(json);
        return exit_done;
    }
    std::vector<std::vector<std::string>> rows;
    for (const Json& item : *TRY(wire::array_at(json, "schedules"))) {
        const std::string cron = text_in(item, "cron");
        const std::string on = text_in(item, "on");
        rows.push_back({text_in(item, "name"), text_in(item, "kind"),
                        !on.empty()    ? "webhook"
                        : cron.empty() ? "once"
                                       : cron,
                        text_in(item, "next"), text_in(item, "last"), text_in(item, "text")});
    }
    if (rows.empty()) {
        desk.screen.line("No schedules. Add one with: hardshell schedule add NAME --when …");
    } else {
        desk.screen.table({"schedule", "kind", "when", "next", "last", "text"}, rows);
    }
    return exit_done;
}

Result<int> run_schedule_stop(const Desk& desk) {
    auto daemon = TRY(DaemonLine::open(desk.places, Start::no));
    const Json json = TRY(daemon.request("POST", "/v1/schedules/stop",
                                         Json(JsonObject{{"name", desk.options.text}})));
    if (desk.screen.form() == Form::json) {
        desk.screen.json(json);
    } else {
        desk.screen.line("Stopped.");
    }
    return exit_done;
}

}  // namespace hs::cli
