// audit ship, sinks and fork: where the record goes, and what to do when a witness contradicts it.

#include <fmt/format.h>
#include <unistd.h>

#include <thread>

#include "hardshell/commands.h"
#include "hardshell/event_list.h"
#include "hardshell/lines.h"
#include "os/file.h"
#include "wire/members.h"

namespace hs::cli {

using base::Code;
using base::fail;
using base::Result;
using wire::Json;
using wire::number_in;

namespace {

constexpr std::int64_t test_patience_ms = 30'000;
constexpr std::size_t text_bytes_max = std::size_t{1} << 20U;

const wire::JsonArray& list_in(const Json& json, std::string_view key) {
    static const wire::JsonArray none;
    const Json* found = json.find(key);
    return found != nullptr && found->array() != nullptr ? *found->array() : none;
}

Result<Json> shipping_status(const Desk& desk) {
    auto keeper = TRY(KeeperLine::open(desk.places));
    return keeper.question("ship.status", Json(wire::JsonObject{}));
}

// A sink of syslog has no acknowledgement: there it counts that the event was handed over.
bool has_taken(const Json& sink, std::int64_t index) {
    const bool acknowledges = text_in(sink, "kind") != "syslog";
    return number_in(sink, acknowledges ? "next" : "sent") > index &&
           text_in(sink, "state") == "working";
}

Result<int> run_test(const Desk& desk) {
    auto keeper = TRY(KeeperLine::open(desk.places));
    const Json sent = TRY(keeper.question("ship.test", Json(wire::JsonObject{})));
    const std::int64_t index = number_in(sent, "index");
    const os::Deadline deadline = os::Deadline::after_ms(test_patience_ms);
    Json status;
    bool all = false;
    while (!all && !deadline.passed()) {
        std::this_thread::sleep_for(std::chrono::milliseconds(100));
        status = TRY(keeper.question("ship.status", Json(wire::JsonObject{})));
        const auto& sinks = list_in(status, "sinks");
        all = std::all_of(sinks.begin(), sinks.end(),
                          [index](const Json& sink) { return has_taken(sink, index); });
    }
    if (desk.screen.form() == Form::json) {
        desk.screen.json(
            wire::JsonObject{{"index", index}, {"arrived", all}, {"status", std::move(status)}});
        return all ? exit_done : exit_failed;
    }
    if (list_in(status, "sinks").empty()) desk.screen.line("No sink is configured.");
    for (const Json& sink : list_in(status, "sinks")) {
        const bool taken = has_taken(sink, index);
        desk.screen.line(fmt::format("{:<16} {}", text_in(sink, "name"),
                                     taken ? desk.screen.tone(Tone::good, "arrived")
                                           : desk.screen.tone(Tone::bad, "did not arrive: ") +
                                                 clean(text_in(sink, "problem"))));
    }
    return all ? exit_done : exit_failed;
}

}  // namespace

void show_shipping(const Screen& screen, const Json& shipping) {
    for (const Json& sink : list_in(shipping, "sinks")) {
        const std::string problem = text_in(sink, "problem");
        const std::string fault = text_in(sink, "fault");
        screen.line(fmt::format(
            "ship       {} ({}): {}{}, {} behind, {} delivered, {} again, {} lost{}",
            text_in(sink, "name"), text_in(sink, "kind"), text_in(sink, "state"),
            fault.empty() ? "" : fmt::format(" ({})", clean(fault)), number_in(sink, "lag"),
            number_in(sink, "delivered"), number_in(sink, "resent"), number_in(sink, "lost"),
            problem.empty() ? "" : "; " + clean(problem)));
    }
    for (const Json& witness : list_in(shipping, "witnesses")) {
        const std::string problem = text_in(witness, "problem");
        screen.line(fmt::format("witness    {}: {}", text_in(witness, "name"),
                                problem.empty() ? "cosigned " + text_in(witness, "cosigned")
                                                : screen.tone(Tone::bad, clean(problem))));
    }
    for (const Json& problem : list_in(shipping, "problems")) {
        if (problem.text() != nullptr) {
            screen.line(screen.tone(Tone::bad, "problem    " + clean(*problem.text())));
        }
    }
    const Json* log = shipping.find("log");
    const std::string failure = log != nullptr ? text_in(*log, "failure") : "";
    if (!failure.empty()) screen.line(screen.tone(Tone::bad, "log        " + clean(failure)));
}

Result<int> run_audit_sinks(const Desk& desk) {
    const Json status = TRY(shipping_status(desk));
    if (desk.screen.form() == Form::json) {
        desk.screen.json(status);
        return exit_done;
    }
    if (list_in(status, "sinks").empty() && list_in(status, "problems").empty()) {
        desk.screen.line("No sink is configured; see: hardshell config explain ship");
    }
    show_shipping(desk.screen, status);
    return exit_done;
}

Result<int> run_audit_ship(const Desk& desk) {
    const std::string& what = desk.options.text;
    if (what.empty() || what == "status") return run_audit_sinks(desk);
    if (what == "test") return run_test(desk);
    return fail(Code::invalid_input, "audit ship takes status or test");
}

// Only a person decides that the history which a witness knows is given up; the next start puts the
// present log aside, begins one under another name, and records this first of all.
Result<int> run_audit_fork(const Desk& desk) {
    const auto& places = desk.places;
    const auto lock = os::lock_file(places.lock_file, "");
    if (!lock) {
        return fail(Code::conflict, "hardshelld runs; stop it first with: hardshell stop");
    }
    const auto text = os::read_text(places.state + "/witness-conflict", text_bytes_max);
    if (!text) {
        return fail(Code::not_found,
                    "no witness has contradicted this log; there is no reason to "
                    "fork it");
    }
    const auto key = key_in(places.state + "/log-key");
    if (!key) return fail(Code::corrupt, "the log's key is missing; restore log-key");
    const Json request = wire::JsonObject{{"reason", desk.options.reason},
                                          {"person", fmt::format("uid {}", ::geteuid())},
                                          {"origin", key->name},
                                          {"conflict", TRY(wire::parse_json(*text))}};
    TRY(os::write_file_atomic(places.state + "/fork-request",
                              base::bytes_of(wire::canonical_json(request))));
    if (desk.screen.form() == Form::json) {
        desk.screen.json(wire::JsonObject{{"fork", "requested"}, {"before", key->name}});
    } else {
        desk.screen.line(
            "The next start begins a new log, whose first record says why. The log of "
            "before stays in the state folder.\nThe new log has a new key: give it to "
            "your witnesses (hardshell audit keys).");
    }
    return exit_done;
}

}  // namespace hs::cli
