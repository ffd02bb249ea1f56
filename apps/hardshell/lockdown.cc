// lockdown on, lift and status: everything stops; whom policy lets lifts it.

#include <fmt/format.h>

#include <thread>

#include "hardshell/commands.h"
#include "hardshell/lines.h"
#include "os/file.h"

namespace hs::cli {

using base::Result;
using wire::Json;
using wire::JsonObject;

namespace {

constexpr std::int64_t change_patience_ms = 15'000;

// Whether hardshelld is the sealed one by now, or the whole one again.
bool has_changed(const Desk& desk, bool locked) {
    auto daemon = DaemonLine::open(desk.places, Start::no);
    const auto status =
        daemon ? daemon->request("GET", "/v1/status") : Result<Json>(daemon.failure());
    if (!status) return false;
    const Json* ready = status->find("ready");
    return (status->find("lockdown") != nullptr) == locked &&
           (locked || (ready != nullptr && ready->boolean() != nullptr && *ready->boolean()));
}

// A hardshelld that did not listen was ended by its keeper; another one begins sealed.
void revive(const Desk& desk) {
    {
        const auto lock = os::lock_file(desk.places.lock_file, "");
        if (!lock) return;  // one runs
    }
    static_cast<void>(start_daemon(desk.places).ok());  // the next look tells whether it answers
}

bool await_change(const Desk& desk, bool locked) {
    const os::Deadline deadline = os::Deadline::after_ms(change_patience_ms);
    while (!has_changed(desk, locked)) {
        if (deadline.passed()) return false;
        revive(desk);
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    return true;
}

bool is_on(const Json& status) {
    const Json* on = status.find("lockdown");
    return on != nullptr && on->boolean() != nullptr && *on->boolean();
}

void show(const Screen& screen, const Json& status) {
    if (!is_on(status)) return screen.line("No lockdown is on.");
    screen.line(screen.tone(Tone::bad, "The lockdown is on") +
                fmt::format(" since {}, by {}: {}", text_in(status, "since"),
                            clean(text_in(status, "by")), clean(text_in(status, "reason"))));
    const Json* consents = status.find("consents");
    if (consents != nullptr && consents->array() != nullptr) {
        for (const Json& one : *consents->array()) {
            if (one.text() != nullptr) screen.line("  may be lifted, says " + clean(*one.text()));
        }
    }
    screen.line("Whom policy lets lifts it with: hardshell lockdown lift --reason TEXT");
}

Result<KeeperLine> keeper_or_start(const Desk& desk) {
    auto keeper = KeeperLine::open(desk.places);
    if (keeper) return keeper;
    TRY(start_daemon(desk.places));
    return KeeperLine::open(desk.places);
}

}  // namespace

Result<int> run_lockdown_on(const Desk& desk) {
    auto keeper = TRY(keeper_or_start(desk));
    Json status = TRY(keeper.question("lockdown.on", JsonObject{{"reason", desk.options.reason}}));
    const bool sealed = await_change(desk, true);
    status["sealed"] = sealed;
    if (desk.screen.form() == Form::json) {
        desk.screen.json(status);
    } else {
        desk.screen.line("Everything is stopped; every permit is void.");
        if (!sealed) desk.screen.line("hardshelld has not come back sealed; see: hardshell status");
        show(desk.screen, status);
    }
    return exit_done;
}

Result<int> run_lockdown_lift(const Desk& desk) {
    auto keeper = TRY(keeper_or_start(desk));
    Json arguments = JsonObject{{"reason", desk.options.reason}};
    if (!desk.options.policy.token_file.empty()) {
        arguments["token"] = TRY(token_from_file(desk.options.policy.token_file));
    }
    const Json status = TRY(keeper.question("lockdown.lift", std::move(arguments)));
    const bool on = is_on(status);
    if (!on) static_cast<void>(await_change(desk, false));
    if (desk.screen.form() == Form::json) {
        desk.screen.json(status);
    } else if (on) {
        desk.screen.line("Recorded. Still missing: " + clean(text_in(status, "missing")));
    } else {
        desk.screen.line("The lockdown is lifted. What was permitted before stays void.");
    }
    return on ? exit_pending : exit_done;
}

Result<int> run_lockdown_status(const Desk& desk) {
    auto keeper = TRY(KeeperLine::open(desk.places));
    const Json status = TRY(keeper.question("lockdown.status", Json(JsonObject{})));
    if (desk.screen.form() == Form::json) {
        desk.screen.json(status);
    } else {
        show(desk.screen, status);
    }
    return exit_done;
}

}  // namespace hs::cli
