// memory: list, search, show, forget, verify, rekey, hold.

#include <fmt/format.h>

#include "hardshell/conversation.h"
#include "hardshell/memory_lines.h"
#include "wire/members.h"

namespace hs::cli {

using base::Code;
using base::fail;
using base::Result;
using wire::Json;
using wire::JsonObject;
using wire::number_in;

namespace {

std::string integrity_of(const Json& entry) {
    const Json* label = entry.find("label");
    return label != nullptr ? text_in(*label, "integrity") : "untrusted";
}

std::string whose(const Json& entry) {
    const std::string integrity = integrity_of(entry);
    if (integrity == "person") return "your own words";
    return integrity == "internal" ? "from the project's texts" : "from a stranger's text";
}

int show_list(const Desk& desk, const Json& json, const std::string& nothing) {
    if (desk.screen.form() == Form::json) {
        desk.screen.json(json);
        return exit_done;
    }
    if (entries_in(json).empty()) desk.screen.line(nothing);
    for (const Json& entry : entries_in(json)) show_entry(desk.screen, entry);
    return exit_done;
}

}  // namespace

Result<Json> ask_memory(const Desk& desk, const std::string& verb, const Json& body) {
    auto daemon = TRY(DaemonLine::open(desk.places, Start::no));
    return daemon.request("POST", "/v1/memory/" + verb, body);
}

const wire::JsonArray& entries_in(const Json& json, std::string_view key) {
    static const wire::JsonArray none;
    const Json* found = json.find(key);
    return found != nullptr && found->array() != nullptr ? *found->array() : none;
}

Json ids_json(const std::vector<std::string>& ids) {
    Json list{wire::JsonArray{}};
    for (const auto& id : ids) list.push(id);
    return list;
}

std::string day_of(const Json& entry, std::string_view key) {
    return base::format_time(number_in(entry, key)).substr(0, 10);
}

void show_entry(const Screen& screen, const Json& entry) {
    const std::string state = text_in(entry, "state");
    std::string about =
        fmt::format("{}  {}, {}", day_of(entry), text_in(entry, "kind"), whose(entry));
    if (!text_in(entry, "project").empty()) about += ", " + text_in(entry, "project");
    if (!text_in(entry, "hold").empty()) about += ", held";
    screen.line(fmt::format("{}  {}{}", screen.tone(Tone::strong, text_in(entry, "id")),
                            screen.tone(Tone::faint, clean(about)),
                            state == "kept" ? "" : "  " + screen.tone(Tone::warning, state)));
    screen.line("  " + clean(text_in(entry, "text")));
}

void show_provenance(const Screen& screen, const Json& entry) {
    const Json* origin = entry.find("origin");
    if (origin == nullptr) return;
    screen.line(
        screen.tone(Tone::faint,
                    clean(fmt::format(
                        "  kept by {} through {}, in the conversation {}", text_in(*origin, "by"),
                        text_in(*origin, "channel"),
                        text_in(*origin, "session").empty() ? "-" : text_in(*origin, "session")))));
    for (const Json& source : entries_in(*origin, "sources")) {
        if (source.text() == nullptr) continue;
        screen.line(screen.tone(Tone::faint, "  after reading: " + clean(*source.text())));
    }
}

void show_forgotten(const Screen& screen, const Json& answer) {
    screen.line(fmt::format("Forgotten: {}.", number_in(answer, "forgotten")));
    for (const Json& record : entries_in(answer, "records")) {
        if (record.integer() == nullptr) continue;
        screen.line(fmt::format("  proof: hardshell audit prove {}", *record.integer()));
    }
    for (const Json& place : entries_in(answer, "backups")) {
        if (place.text() == nullptr) continue;
        screen.line(screen.tone(Tone::warning,
                                "  still holds it until it is removed: " + clean(*place.text())));
    }
}

Result<int> run_memory_list(const Desk& desk) {
    Json body{JsonObject{}};
    body["limit"] = desk.options.count;
    if (!desk.options.memory.state.empty()) body["state"] = desk.options.memory.state;
    const Json json = TRY(ask_memory(desk, "list", body));
    const int code = show_list(desk, json, "Nothing is remembered yet.");
    const std::int64_t more =
        number_in(json, "total") - static_cast<std::int64_t>(entries_in(json).size());
    if (more > 0 && desk.screen.form() == Form::text) {
        desk.screen.line(fmt::format("… and {} more (-n N)", more));
    }
    return code;
}

Result<int> run_memory_search(const Desk& desk) {
    const Json json = TRY(ask_memory(desk, "search", JsonObject{{"query", desk.options.text}}));
    return show_list(desk, json, "Nothing like that is remembered.");
}

Result<int> run_memory_show(const Desk& desk) {
    const Json entry = TRY(ask_memory(desk, "show", JsonObject{{"id", desk.options.text}}));
    const Screen& screen = desk.screen;
    if (screen.form() == Form::json) {
        screen.json(entry);
        return exit_done;
    }
    show_entry(screen, entry);
    show_provenance(screen, entry);
    screen.line(fmt::format("  compartment {}", clean(text_in(entry, "compartment"))));
    screen.line(
        fmt::format("  used {} times{}", number_in(entry, "uses"),
                    number_in(entry, "uses") > 0 ? ", last " + day_of(entry, "used_ms") : ""));
    if (number_in(entry, "expires_ms") > 0) {
        screen.line("  forgotten by itself on " + day_of(entry, "expires_ms"));
    }
    if (!text_in(entry, "supersedes").empty()) {
        screen.line("  took the place of " + text_in(entry, "supersedes"));
    }
    if (!text_in(entry, "hold").empty()) {
        screen.line("  held: " + clean(text_in(entry, "hold")));
    }
    for (const Json& place : entries_in(entry, "backups")) {
        if (place.text() != nullptr) screen.line("  in the backup " + clean(*place.text()));
    }
    return exit_done;
}

namespace {

// The ids that are to go; none when the person thinks better of it.
Result<std::vector<std::string>> ids_to_forget(const Desk& desk) {
    const auto& options = desk.options;
    if (options.memory.about.empty()) {
        if (!options.policy.words.empty()) return options.policy.words;
        return fail(Code::invalid_input,
                    "name ids, or a subject: hardshell memory forget --about TEXT");
    }
    const Json json = TRY(ask_memory(desk, "about", JsonObject{{"subject", options.memory.about}}));
    std::vector<std::string> ids;
    for (const Json& entry : entries_in(json)) ids.push_back(text_in(entry, "id"));
    if (ids.empty()) {
        return fail(Code::not_found,
                    fmt::format("nothing about {} is remembered", clean(options.memory.about)));
    }
    if (options.memory.yes) return ids;
    if (!desk.screen.interactive()) {
        return fail(Code::denied,
                    fmt::format("{} memories would be forgotten; say --yes", ids.size()));
    }
    for (const Json& entry : entries_in(json)) show_entry(desk.screen, entry);
    const auto typed = read_answer(
        desk.screen, fmt::format("Forget these {} for good? [y]es, [n]o > ", ids.size()));
    if (typed && typed->starts_with('y')) return ids;
    return fail(Code::cancelled, "nothing was forgotten");
}

}  // namespace

Result<int> run_memory_forget(const Desk& desk) {
    Json body;
    body["ids"] = ids_json(TRY(ids_to_forget(desk)));
    const Json json = TRY(ask_memory(desk, "forget", body));
    if (desk.screen.form() == Form::json) {
        desk.screen.json(json);
    } else {
        show_forgotten(desk.screen, json);
    }
    return exit_done;
}

Result<int> run_memory_verify(const Desk& desk) {
    const Json json = TRY(ask_memory(desk, "verify"));
    const Json* verified = json.find("verified");
    const bool sound =
        verified != nullptr && verified->boolean() != nullptr && *verified->boolean();
    if (desk.screen.form() == Form::json) {
        desk.screen.json(json);
        return sound ? exit_done : exit_failed;
    }
    for (const Json& one : entries_in(json, "compartments")) {
        desk.screen.line(fmt::format("{}  {} kept, {} waiting, {} superseded",
                                     clean(text_in(one, "name")), number_in(one, "kept"),
                                     number_in(one, "quarantined"), number_in(one, "superseded")));
    }
    for (const Json& problem : entries_in(json, "problems")) {
        if (problem.text() != nullptr) {
            desk.screen.line(desk.screen.tone(Tone::bad, clean(*problem.text())));
        }
    }
    desk.screen.line(sound ? "Every memory opens and is as it was sealed."
                           : "Not everything is as it was sealed.");
    return sound ? exit_done : exit_failed;
}

Result<int> run_memory_rekey(const Desk& desk) {
    const Json json = TRY(ask_memory(desk, "rekey"));
    if (desk.screen.form() == Form::json) {
        desk.screen.json(json);
        return exit_done;
    }
    desk.screen.line(
        fmt::format("{} compartments are sealed anew; the keys of before are "
                    "destroyed.",
                    entries_in(json, "records").size()));
    return exit_done;
}

Result<int> run_memory_hold(const Desk& desk) {
    Json body;
    body["ids"] = ids_json(desk.options.policy.words);
    body["lift"] = desk.options.memory.lift;
    body["reason"] = desk.options.reason;
    const Json json = TRY(ask_memory(desk, "hold", body));
    if (desk.screen.form() == Form::json) {
        desk.screen.json(json);
    } else {
        desk.screen.line(desk.options.memory.lift ? "The hold is lifted."
                                                  : "Held: it is not forgotten until the hold is "
                                                    "lifted.");
    }
    return exit_done;
}

}  // namespace hs::cli
