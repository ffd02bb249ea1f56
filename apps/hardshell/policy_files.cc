// policy check, test and tiers: read files and say what they mean; nothing takes effect.

#include "gate/policy_files.h"

#include <fmt/format.h>

#include "hardshell/policy_words.h"
#include "hardshell/settings_file.h"
#include "os/file.h"
#include "policy/table.h"
#include "policy/tiers.h"

namespace hs::cli {

using base::Code;
using base::fail;
using base::Result;
using gate::NamedSources;
using wire::Json;
using wire::JsonObject;

namespace {

Result<std::string> preset_of(const Desk& desk) {
    const std::string& given = desk.options.policy.preset;
    return given.empty() ? TRY(settings_of(desk)).text("policy.preset") : given;
}

Result<policy::Layer> layer_of(const Desk& desk) {
    const auto layer = policy::layer_from_name(desk.options.policy.layer);
    if (layer && *layer != policy::Layer::builtin) return *layer;
    return fail(Code::invalid_input, "--layer is organisation, team, project or person");
}

bool is_folder(const std::string& path) {
    const auto resolved = os::resolve_path(path);
    const auto facts = resolved ? os::facts_of_path(*resolved)
                                : Result<os::FileFacts>(fail(Code::not_found, "no such file"));
    return facts && facts->kind == os::FileFacts::Kind::directory;
}

// The sets that the arguments name: folders each by itself, files together.
Result<std::vector<NamedSources>> sets_of(const Desk& desk) {
    const std::string preset = TRY(preset_of(desk));
    const policy::Layer layer = TRY(layer_of(desk));
    std::vector<NamedSources> sets;
    NamedSources loose{"the files given", TRY(policy::preset_sources(preset))};
    bool has_loose = false;
    for (const std::string& path : desk.options.policy.words) {
        if (is_folder(path) && layer == policy::Layer::person) {
            for (auto& set : TRY(gate::sources_in(path, preset))) sets.push_back(std::move(set));
        } else if (is_folder(path)) {
            NamedSources set{path, TRY(policy::preset_sources(preset))};
            TRY(gate::add_policy_folder(set.sources, layer, path));
            sets.push_back(std::move(set));
        } else {
            TRY(policy::add_file(loose.sources, layer, TRY(gate::read_policy_file(path))));
            has_loose = true;
        }
    }
    if (has_loose) sets.push_back(std::move(loose));
    if (desk.options.policy.words.empty()) {
        const gate::PolicyPlaces places{desk.places.policy_folder,
                                        gate::organisation_folder(TRY(settings_of(desk))), ""};
        sets.push_back({"the policy of this machine", TRY(gate::collect_sources(preset, places))});
    }
    return sets;
}

Json lines_json(std::string_view text) {
    Json list{wire::JsonArray{}};
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        list.push(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return list;
}

// {name, loads, rules, errors, warnings}
Json check_set(const NamedSources& set) {
    policy::PolicySources sources = set.sources;
    sources.tests.clear();
    const auto loaded = policy::load(sources, gate::policy_load_options());
    Json json = JsonObject{{"name", set.name},
                           {"loads", loaded.ok()},
                           {"errors", Json(wire::JsonArray{})},
                           {"warnings", Json(wire::JsonArray{})}};
    if (!loaded) {
        json["errors"] = lines_json(loaded.error().what);
        return json;
    }
    json["rules"] = static_cast<std::int64_t>((*loaded)->rules->rules.size());
    for (const auto& finding : (*loaded)->warnings) json["warnings"].push(finding.message);
    return json;
}

void show_check(const Screen& screen, const Json& set) {
    const auto& errors = items_of(set, "errors");
    const auto& warnings = items_of(set, "warnings");
    for (const Json& line : errors) {
        screen.line(fmt::format("{} {}", screen.tone(Tone::bad, "error  "), clean(*line.text())));
    }
    for (const Json& line : warnings) {
        screen.line(
            fmt::format("{} {}", screen.tone(Tone::warning, "warning"), clean(*line.text())));
    }
    const bool clean_set = errors.empty() && warnings.empty();
    const Json* rules = set.find("rules");
    screen.line(fmt::format(
        "{}  {}", screen.tone(Tone::strong, text_in(set, "name")),
        clean_set ? fmt::format("{} rules, nothing to complain of", *rules->integer())
                  : fmt::format("{} errors, {} warnings{}", errors.size(), warnings.size(),
                                errors.empty() ? "" : ": it would not be loaded")));
}

struct TestTotals {
    std::int64_t tables = 0, cases = 0, failures = 0;
};

// {name, file, cases, failures} for each table of the set.
Result<Json> test_set(const NamedSources& set, TestTotals& totals) {
    Json list{wire::JsonArray{}};
    policy::PolicySources sources = set.sources;
    sources.tests.clear();
    const auto snapshot = TRY(policy::load(sources, gate::policy_load_options()));
    for (const policy::NamedText& file : set.sources.tests) {
        const auto report = TRY(policy::run_table(file, snapshot));
        Json failures{wire::JsonArray{}};
        for (const std::string& failure : report.failures) failures.push(failure);
        ++totals.tables;
        totals.cases += static_cast<std::int64_t>(report.cases);
        totals.failures += static_cast<std::int64_t>(report.failures.size());
        list.push(JsonObject{{"name", set.name},
                             {"file", file.name},
                             {"cases", static_cast<std::int64_t>(report.cases)},
                             {"failures", std::move(failures)}});
    }
    return list;
}

void show_table(const Screen& screen, const Json& table) {
    const auto& failures = items_of(table, "failures");
    for (const Json& failure : failures) screen.line(clean(*failure.text()));
    screen.line(fmt::format(
        "{}  {}: {} cases, {}",
        screen.tone(failures.empty() ? Tone::good : Tone::bad, failures.empty() ? "ok  " : "FAIL"),
        clean(text_in(table, "file")), *table.find("cases")->integer(),
        failures.empty() ? "all as expected" : fmt::format("{} not as expected", failures.size())));
}

}  // namespace

Result<int> run_policy_check(const Desk& desk) {
    Json list{wire::JsonArray{}};
    bool is_clean = true;
    for (const NamedSources& set : TRY(sets_of(desk))) {
        Json checked = check_set(set);
        is_clean = is_clean && items_of(checked, "errors").empty() &&
                   items_of(checked, "warnings").empty();
        if (desk.screen.form() == Form::text) show_check(desk.screen, checked);
        list.push(std::move(checked));
    }
    if (desk.screen.form() == Form::json) {
        desk.screen.json(JsonObject{{"clean", is_clean}, {"sets", std::move(list)}});
    }
    return is_clean ? exit_done : exit_failed;
}

Result<int> run_policy_test(const Desk& desk) {
    TestTotals totals;
    Json all{wire::JsonArray{}};
    for (const NamedSources& set : TRY(sets_of(desk))) {
        const Json tables = TRY(test_set(set, totals));
        for (const Json& table : *tables.array()) {
            if (desk.screen.form() == Form::text) show_table(desk.screen, table);
            all.push(table);
        }
    }
    if (desk.screen.form() == Form::json) {
        desk.screen.json(JsonObject{
            {"tables", std::move(all)}, {"cases", totals.cases}, {"failures", totals.failures}});
    } else if (totals.tables == 0) {
        desk.screen.line(
            "No tables of tests: write some into tests/*.toml of the policy's folder "
            "(policies/tests has examples).");
    } else {
        desk.screen.line(fmt::format("{} tables, {} cases, {} failures", totals.tables,
                                     totals.cases, totals.failures));
    }
    return totals.failures == 0 ? exit_done : exit_failed;
}

// With --preset the preset alone; without, the policy in force.
Result<int> run_policy_tiers(const Desk& desk) {
    Json json;
    const std::string& preset = desk.options.policy.preset;
    if (preset.empty()) {
        json = TRY(ask_keeper_about(desk, "policy.tiers", Json(JsonObject{})));
    } else {
        const auto options = gate::policy_load_options();
        const auto snapshot = TRY(policy::load(TRY(policy::preset_sources(preset)), options));
        const auto tables = policy::tiers(snapshot, options.now_ms);
        const auto overview = policy::overview(tables);
        json = JsonObject{{"preset", preset}, {"overview", policy::to_json(overview)}};
        for (const auto& table : tables) json["tables"].push(policy::to_json(table));
        json["text"] = policy::to_text(overview) + "\n" + policy::to_text(tables);
    }
    if (desk.screen.form() == Form::json) {
        desk.screen.json(json);
        return exit_done;
    }
    desk.screen.line(desk.screen.tone(Tone::strong, "Policy: " + text_in(json, "preset")));
    desk.screen.write(clean(text_in(json, "text")));
    return exit_done;
}

}  // namespace hs::cli
