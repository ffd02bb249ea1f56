#include "hardshell/review_inventory.h"

#include <fmt/format.h>

#include <algorithm>

#include "hardshell/memory_lines.h"
#include "hardshell/skill_desk.h"
#include "wire/members.h"

namespace hs::cli {

using base::Result;
using wire::Json;
using wire::JsonArray;
using wire::JsonObject;
using wire::number_in;

namespace {

const Json* usage_of(const Json& usage, const std::string& name) {
    const auto* rows = usage.array();
    if (rows == nullptr) return nullptr;
    const auto found = std::find_if(rows->begin(), rows->end(),
                                    [&](const Json& row) { return text_in(row, "key") == name; });
    return found == rows->end() ? nullptr : &*found;
}

}  // namespace

Result<Json> review_skills(const Desk& desk, const Json& usage) {
    const skills::Store store = TRY(open_skills(desk));
    JsonArray list;
    for (const auto& entry : TRY(store.list())) {
        const auto loaded = store.load(entry.name, now_ms(), skills::Store::Depth::hashes);
        std::string state = entry.is_enabled ? "enabled" : "disabled";
        if (!loaded) state = "suspended";
        Json row = JsonObject{{"name", entry.name},
                              {"digest", entry.digest},
                              {"source", entry.source},
                              {"state", state},
                              {"installed", base::format_time(entry.installed_ms)},
                              {"uses", 0},
                              {"last", ""}};
        if (loaded) row["tier"] = skills::tier_word(loaded->standing.tier);
        if (!loaded) row["problem"] = loaded.error().what;
        if (const Json* used = usage_of(usage, entry.name)) {
            row["uses"] = number_in(*used, "asked_for");
            row["last"] = text_in(*used, "last");
        }
        list.push_back(std::move(row));
    }
    return Json(std::move(list));
}

Json review_memory(const Desk& desk) {
    const auto held = ask_memory(desk, "verify");
    if (!held) return JsonObject{{"problem", held.error().what}};
    Json json = *held;
    for (const char* state : {"kept", "quarantined", "superseded"}) {
        std::int64_t count = 0;
        for (const Json& one : entries_in(*held, "compartments")) count += number_in(one, state);
        json[state] = count;
    }
    return json;
}

void show_skills_and_memory(const Screen& screen, const Json& report) {
    screen.line(screen.tone(Tone::strong, "Skills and their use"));
    for (const Json& row : *report.find("skills")->array()) {
        const std::int64_t uses = number_in(row, "uses");
        screen.line(clean(fmt::format(
            "  {:<20} {:<10} {}", text_in(row, "name"), text_in(row, "state"),
            uses == 0
                ? std::string("never used")
                : fmt::format("{} decisions, last {}", uses, text_in(row, "last").substr(0, 10)))));
    }
    screen.line(screen.tone(Tone::strong, "Memory"));
    const Json& memory = *report.find("memory");
    if (!text_in(memory, "problem").empty()) {
        screen.line("  not looked at: " + clean(text_in(memory, "problem")));
        return;
    }
    screen.line(fmt::format("  {} kept, {} waiting for a review, {} superseded, in {} compartments",
                            number_in(memory, "kept"), number_in(memory, "quarantined"),
                            number_in(memory, "superseded"),
                            entries_in(memory, "compartments").size()));
}

}  // namespace hs::cli
