// incident open, list, show, timeline, note, step, playbook and close: an incident is what the log
// says of it.

#include "insight/incident.h"

#include <fmt/format.h>

#include "hardshell/commands.h"
#include "hardshell/event_list.h"
#include "hardshell/incident_scope.h"
#include "hardshell/lines.h"
#include "hardshell/playbooks.h"

namespace hs::cli {

using base::Code;
using base::fail;
using base::Result;
using insight::Incident;
using wire::Json;
using wire::JsonArray;
using wire::JsonObject;

namespace {

constexpr std::size_t timeline_max = 2000;

std::string playbook_names() {
    std::string names;
    for (const Playbook& one : playbooks()) {
        names += (names.empty() ? "" : ", ") + std::string(one.name);
    }
    return names;
}

Result<const Playbook*> playbook_of(const std::string& name) {
    const Playbook* found = find_playbook(name);
    if (found != nullptr) return found;
    return fail(Code::not_found,
                fmt::format("there is no playbook {}; there are: {}", name, playbook_names()));
}

// The first step that is neither done nor skipped; null when all are.
const PlaybookStep* next_step(const Playbook& playbook, const Incident& incident) {
    for (const PlaybookStep& step : playbook.steps) {
        if (incident.state_of(step.name).empty()) return &step;
    }
    return nullptr;
}

void show_step(const Screen& screen, const PlaybookStep& step, std::string_view state) {
    screen.line(fmt::format("[{}] {:<10} {}",
                            state.empty()     ? " "
                            : state == "done" ? "x"
                                              : "-",
                            step.name, step.text));
    if (!step.command.empty()) screen.line(fmt::format("               {}", step.command));
}

void show_incident(const Screen& screen, const Incident& incident) {
    const auto& opening = incident.opening();
    screen.line(fmt::format("{}  {}  since {}, by {}: {}", incident.id,
                            incident.is_open() ? screen.tone(Tone::bad, "open") : "closed",
                            base::format_time(opening.time_ms).substr(0, 16), clean(opening.person),
                            clean(opening.text)));
    if (!opening.about.empty()) screen.line("  about " + clean(opening.about));
    for (const auto& entry : incident.entries) {
        if (entry.what == "opened") continue;
        const std::string step =
            entry.step.empty() ? "" : fmt::format(" {} ({})", clean(entry.step), entry.state);
        screen.line(fmt::format("  {}  {:<9}{}  {}: {}",
                                base::format_time(entry.time_ms).substr(0, 16), entry.what, step,
                                clean(entry.person), clean(entry.text)));
    }
    const Playbook* playbook = find_playbook(opening.playbook);
    if (playbook == nullptr || !incident.is_open()) return;
    screen.line(fmt::format("Playbook: {}", playbook->title));
    for (const PlaybookStep& step : playbook->steps) {
        show_step(screen, step, incident.state_of(step.name));
    }
    if (const PlaybookStep* next = next_step(*playbook, incident)) {
        screen.line(fmt::format("Next: hardshell incident step {} {} --reason \"what was done\"",
                                incident.id, next->name));
    }
}

Result<int> show_again(const Desk& desk, const std::string& id) {
    auto reader = TRY(audit::Reader::open(desk.places.audit_folder));
    const Incident incident = TRY(insight::find_incident(reader, id));
    if (desk.screen.form() == Form::json) {
        desk.screen.json(incident.to_json());
    } else {
        show_incident(desk.screen, incident);
    }
    return exit_done;
}

}  // namespace

// What was recorded a moment ago counts: noting the reading signs a checkpoint over it.
Result<Incident> incident_named(const Desk& desk, const std::string& id) {
    note_reading(desk, "incident " + (id.empty() ? "last" : id));
    auto reader = TRY(audit::Reader::open(desk.places.audit_folder));
    return insight::find_incident(reader, id.empty() ? "last" : id);
}

Result<Json> record_entry(const Desk& desk, std::string_view verb, Json arguments) {
    auto keeper = TRY(KeeperLine::open(desk.places));
    return keeper.question(verb, std::move(arguments));
}

Result<int> run_incident_open(const Desk& desk) {
    const Options& options = desk.options;
    Json detail{JsonObject{}};
    if (!options.about.empty()) {
        TRY(insight::parse_about(options.about));
        detail["about"] = options.about;
    }
    if (!options.playbook.empty()) {
        TRY(playbook_of(options.playbook));
        detail["playbook"] = options.playbook;
    }
    const Json made = TRY(record_entry(
        desk, "incident.record",
        JsonObject{
            {"outcome", "opened"}, {"reason", options.reason}, {"detail", std::move(detail)}}));
    return show_again(desk, text_in(made, "id"));
}

Result<int> run_incident_list(const Desk& desk) {
    note_reading(desk, "incidents");
    auto reader = TRY(audit::Reader::open(desk.places.audit_folder));
    const auto all = TRY(insight::read_incidents(reader));
    if (desk.screen.form() == Form::json) {
        JsonArray list;
        for (const Incident& one : all) list.push_back(one.to_json());
        desk.screen.json(JsonObject{{"incidents", std::move(list)}});
        return exit_done;
    }
    std::vector<std::vector<std::string>> rows;
    for (const Incident& one : all) {
        rows.push_back({one.id, base::format_time(one.opening().time_ms).substr(0, 16),
                        one.is_open() ? "open" : "closed", clean(one.opening().about),
                        clean(one.opening().text)});
    }
    if (rows.empty()) {
        desk.screen.line("No incident. Open one with: hardshell incident open --reason TEXT");
    } else {
        desk.screen.table({"incident", "opened", "state", "about", "why"}, rows);
    }
    return exit_done;
}

Result<int> run_incident_show(const Desk& desk) {
    return show_again(desk, TRY(incident_named(desk, desk.options.text)).id);
}

Result<int> run_incident_note(const Desk& desk) {
    const Incident incident = TRY(incident_named(desk, desk.options.text));
    TRY(record_entry(
        desk, "incident.record",
        JsonObject{{"id", incident.id}, {"outcome", "note"}, {"reason", desk.options.reason}}));
    return show_again(desk, incident.id);
}

Result<int> run_incident_step(const Desk& desk) {
    const Incident incident = TRY(incident_named(desk, desk.options.text));
    if (!incident.is_open()) return fail(Code::conflict, "the incident is closed");
    const Playbook* playbook = TRY(playbook_of(incident.opening().playbook));
    const std::string& name = desk.options.second;
    const bool known = std::any_of(playbook->steps.begin(), playbook->steps.end(),
                                   [&](const PlaybookStep& step) { return step.name == name; });
    if (!known) {
        return fail(Code::not_found, fmt::format("the playbook {} has no step {}; see: hardshell "
                                                 "incident show {}",
                                                 playbook->name, name, incident.id));
    }
    TRY(record_entry(
        desk, "incident.record",
        JsonObject{{"id", incident.id},
                   {"outcome", "step"},
                   {"reason", desk.options.reason},
                   {"detail", JsonObject{{"step", name},
                                         {"state", desk.options.skip ? "skipped" : "done"}}}}));
    return show_again(desk, incident.id);
}

Result<int> run_incident_close(const Desk& desk) {
    const Incident incident = TRY(incident_named(desk, desk.options.text));
    if (!incident.is_open()) return fail(Code::conflict, "the incident is closed already");
    const Playbook* playbook = find_playbook(incident.opening().playbook);
    const PlaybookStep* left = playbook != nullptr ? next_step(*playbook, incident) : nullptr;
    if (left != nullptr) {
        return fail(Code::conflict,
                    fmt::format("the step {} of its playbook is neither done nor skipped: "
                                "hardshell incident step {} {} --reason TEXT [--skip]",
                                left->name, incident.id, left->name));
    }
    TRY(record_entry(
        desk, "incident.record",
        JsonObject{{"id", incident.id}, {"outcome", "closed"}, {"reason", desk.options.reason}}));
    return show_again(desk, incident.id);
}

Result<int> run_incident_playbook(const Desk& desk) {
    if (desk.options.text.empty()) {
        for (const Playbook& one : playbooks()) {
            desk.screen.line(fmt::format("{:<18} {}", one.name, one.title));
        }
        return exit_done;
    }
    const Playbook* playbook = TRY(playbook_of(desk.options.text));
    desk.screen.line(std::string(playbook->title));
    for (const PlaybookStep& step : playbook->steps) show_step(desk.screen, step, "");
    return exit_done;
}

// The incident's own entries and every record that its subject reached, in time's order.
Result<int> run_incident_timeline(const Desk& desk) {
    const Incident incident = TRY(incident_named(desk, desk.options.text));
    auto reader = TRY(audit::Reader::open(desk.places.audit_folder));
    std::vector<std::uint64_t> indexes;
    for (const auto& entry : incident.entries) indexes.push_back(entry.index);
    if (!incident.opening().about.empty()) {
        const auto about = TRY(insight::parse_about(incident.opening().about));
        const auto reached = TRY(insight::find_blast_radius(reader, about));
        indexes.insert(indexes.end(), reached.story.begin(), reached.story.end());
    }
    std::sort(indexes.begin(), indexes.end());
    indexes.erase(std::unique(indexes.begin(), indexes.end()), indexes.end());
    const std::size_t skipped = indexes.size() > timeline_max ? indexes.size() - timeline_max : 0;
    std::vector<audit::Record> records;
    for (std::size_t i = indexes.size(); i > skipped; --i) {
        records.push_back(TRY(reader.record(indexes[i - 1])));
    }
    show_events(desk, records, Listing::whole);
    if (skipped > 0) {
        desk.screen.note(
            fmt::format("{} earlier records are not shown; the evidence bundle has "
                        "them all",
                        skipped));
    }
    return exit_done;
}

}  // namespace hs::cli
