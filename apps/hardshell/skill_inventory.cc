// skill inventory: the list that somebody goes through every quarter: last use, permissions used of
// those granted, and the manifest that would have been enough.

#include <fmt/format.h>

#include "hardshell/event_list.h"
#include "hardshell/skill_desk.h"
#include "insight/skill_use.h"
#include "os/environment.h"

namespace hs::cli {

using base::Code;
using base::Result;
using skills::Loaded;
using skills::Store;
using wire::Json;
using wire::JsonArray;
using wire::JsonObject;

namespace {

constexpr std::int64_t quarter_ms = skills::review_life_ms;

// Nothing was used where there is no log yet.
Result<insight::SkillUses> uses_in_log(const Desk& desk) {
    insight::SkillUses uses(now_ms() - quarter_ms);
    auto reader = audit::Reader::open(desk.places.audit_folder);
    if (!reader && reader.error().code == Code::not_found) return uses;
    if (!reader) return std::move(reader).failure();
    TRY(reader->for_each(0, reader->size(), [&](const audit::Record& record) {
        if (const auto event = audit::parse_event(record.leaf)) uses.add(*event);
        return true;
    }));
    return uses;
}

Json texts(const std::vector<std::string>& lines) {
    Json list{JsonArray{}};
    for (const auto& line : lines) list.push(line);
    return list;
}

struct Row {
    Json json;
    std::vector<std::string> cells;
    std::string advice;
};

Row row_of(const skills::Installed& entry, const Result<Loaded>& loaded,
           const insight::SkillUse& use, const std::string& home) {
    const auto granted = loaded ? loaded->manifest().permissions : skills::Permissions{};
    const auto used = insight::used_of(granted, use, home);
    const auto unused = skills::beyond(granted, used);
    const std::string state = !loaded ? "suspended" : entry.is_enabled ? "enabled" : "disabled";
    Row row;
    row.json = JsonObject{{"name", entry.name},
                          {"digest", entry.digest},
                          {"source", entry.source},
                          {"commit", entry.commit},
                          {"state", state},
                          {"installed_ms", entry.installed_ms},
                          {"last_use_ms", use.last_ms},
                          {"loads", static_cast<std::int64_t>(use.loads)},
                          {"allowed", static_cast<std::int64_t>(use.allowed)},
                          {"denied", static_cast<std::int64_t>(use.denied)},
                          {"granted", texts(skills::lines_of(granted))},
                          {"used", texts(skills::lines_of(used))},
                          {"unused", texts(unused)},
                          {"standing", loaded ? loaded->standing.reason : loaded.error().what}};
    if (!unused.empty() && loaded) {
        skills::Manifest narrower = loaded->manifest();
        narrower.permissions = used;
        row.json["narrower"] = to_json(narrower);
        row.advice = skills::yaml_of(narrower);
    }
    row.cells = {
        entry.name,
        state,
        use.last_ms == 0 ? "never" : base::format_time(use.last_ms).substr(0, 10),
        fmt::format("{} of {}", skills::lines_of(used).size(), skills::lines_of(granted).size()),
        std::to_string(use.denied),
        loaded ? loaded->standing.reason : "suspended"};
    return row;
}

}  // namespace

Result<int> run_skill_inventory(const Desk& desk) {
    const Store store = TRY(open_skills(desk));
    note_reading(desk, "skill inventory");
    const auto uses = TRY(uses_in_log(desk));
    const std::string home = os::environment("HOME").value_or("");
    Json list{JsonArray{}};
    std::vector<std::vector<std::string>> cells;
    std::string advice;
    for (const auto& entry : TRY(store.list())) {
        const auto loaded = store.load(entry.name, now_ms(), Store::Depth::hashes);
        const insight::SkillUse* use = uses.find(entry.name);
        Row row = row_of(entry, loaded, use != nullptr ? *use : insight::SkillUse{}, home);
        for (const auto& review : TRY(store.reviews_of(entry.digest))) {
            row.json["reviews"].push(to_json(review));
        }
        list.push(std::move(row.json));
        cells.push_back(std::move(row.cells));
        const bool is_used = use != nullptr && use->allowed > 0 && !entry.is_builtin;
        if (is_used && !row.advice.empty()) {
            advice += fmt::format("\n{} would have been enough for {} in this quarter:\n{}",
                                  "This manifest", entry.name, row.advice);
        }
    }
    if (desk.screen.form() == Form::json) {
        desk.screen.json(JsonObject{{"skills", std::move(list)}});
        return exit_done;
    }
    desk.screen.table({"NAME", "STATE", "LAST USE", "USED", "DENIED", "REVIEW"}, cells);
    if (!advice.empty()) desk.screen.line(clean(advice));
    return exit_done;
}

}  // namespace hs::cli
