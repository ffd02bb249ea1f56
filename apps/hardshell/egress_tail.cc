// egress tail: connections as they are decided and end, read from the log: what a sandbox may open,
// what waits for a person, what was refused, and each exchange with its bytes both ways.
#include <fmt/format.h>

#include <chrono>
#include <thread>

#include "audit/read.h"
#include "hardshell/commands.h"
#include "hardshell/event_list.h"
#include "wire/members.h"

namespace hs::cli {

using base::Result;
using wire::Json;
using wire::JsonObject;
using wire::number_in;

namespace {

// Between two looks for new events; a checkpoint follows an event within a second.
constexpr std::int64_t look_ms = 200;

// Of an exchange or a tunnel that has ended.
Json ended(const Json& detail) {
    Json row = JsonObject{{"state", "done"}};
    for (const char* key :
         {"purpose", "method", "scheme", "host", "path", "address", "credential"}) {
        row[key] = text_in(detail, key);
    }
    row["run"] = text_in(detail, "sandbox");
    for (const char* key : {"port", "status", "sent_bytes", "received_bytes", "duration_ms"}) {
        row[key] = number_in(detail, key);
    }
    const Json* error = detail.find("error");
    row["error"] = error != nullptr ? text_in(*error, "what") : std::string();
    if (error != nullptr) row["state"] = "failed";
    const std::int64_t away = number_in(detail, "turned_away");
    if (away != 0) {
        row["turned_away"] = away;
        row["state"] = "turned";
    }
    return row;
}

// What was said of a connection of a sandbox before it began; null for any other decision.
Json decided(const audit::RecordedEvent& event) {
    const Json* detail = event.json.find("detail");
    const std::string run = detail != nullptr ? text_in(*detail, "run") : std::string();
    if (run.empty()) return {};
    const std::string outcome = event.text(audit::Field::outcome);
    const audit::EventFacts facts = audit::facts_of(event);
    Json row = JsonObject{{"state", outcome == "allow" ? "opens"
                                    : outcome == "ask" ? "asks"
                                                       : "refused"},
                          {"run", run},
                          {"purpose", facts.effect},
                          {"host", facts.hosts.empty() ? "" : facts.hosts.front()},
                          {"error", ""}};
    if (outcome != "allow") row["error"] = event.text(audit::Field::reason);
    return row;
}

Json row_of(const audit::Record& record) {
    const auto event = audit::parse_event(record.leaf);
    if (!event) return {};
    Json row;
    const Json* detail = event->json.find("detail");
    if (event->kind == audit::EventKind::connection && detail != nullptr) row = ended(*detail);
    if (event->kind == audit::EventKind::decision) row = decided(*event);
    if (row.is_null()) return row;
    row["index"] = static_cast<std::int64_t>(record.index);
    row["time"] = base::format_time(event->time_ms);
    return row;
}

std::string line_of(const Json& row) {
    const std::string state = text_in(row, "state");
    std::string place = text_in(row, "host");
    const std::int64_t port = number_in(row, "port");
    if (port != 0) place += fmt::format(":{}", port);
    const std::string run = text_in(row, "run");
    std::string line = fmt::format(
        "{}  {:<8} {:<8} {}", text_in(row, "time"), state,
        run.empty() ? "-" : run.substr(run.size() - std::min<std::size_t>(8, run.size())),
        text_in(row, "method").empty()
            ? place
            : text_in(row, "method") + " " + place + text_in(row, "path"));
    if (state == "done" || state == "failed") {
        line += fmt::format(
            "  {}  {} out, {} in, {} ms",
            number_in(row, "status") == 0 ? "-" : fmt::format("{}", number_in(row, "status")),
            number_in(row, "sent_bytes"), number_in(row, "received_bytes"),
            number_in(row, "duration_ms"));
    }
    if (number_in(row, "turned_away") != 0) {
        line += fmt::format("  {} turned away", number_in(row, "turned_away"));
    }
    if (!text_in(row, "credential").empty()) line += "  secret " + text_in(row, "credential");
    if (!text_in(row, "error").empty()) line += "  " + text_in(row, "error");
    return line;
}

void show(const Desk& desk, const Json& row) {
    const std::string& wanted = desk.options.facets.host;
    if (row.is_null() || (!wanted.empty() && text_in(row, "host") != wanted)) return;
    if (desk.screen.form() == Form::json) return desk.screen.line(wire::canonical_json(row));
    desk.screen.line(clean(line_of(row)));
}

}  // namespace

Result<int> run_egress_tail(const Desk& desk) {
    note_reading(desk, "egress tail");
    auto reader = TRY(audit::Reader::open(desk.places.audit_folder));
    std::uint64_t next = reader.size();
    audit::EventQuery query;
    query.kinds = {audit::EventKind::connection, audit::EventKind::decision};
    const auto before = TRY(reader.search(query, static_cast<std::size_t>(desk.options.count)));
    for (auto record = before.rbegin(); record != before.rend(); ++record) {
        show(desk, row_of(*record));
    }
    while (!desk.options.once) {
        std::this_thread::sleep_for(std::chrono::milliseconds(look_ms));
        TRY(reader.refresh());
        TRY(reader.for_each(next, reader.size(), [&](const audit::Record& record) {
            show(desk, row_of(record));
            return true;
        }));
        next = std::max(next, reader.size());
    }
    return exit_done;
}

}  // namespace hs::cli
