// review show and attest: what a quarter's review looks at, and the person's word on it, sealed.

#include <fmt/format.h>

#include "gate/policy_files.h"
#include "hardshell/event_list.h"
#include "hardshell/incident_scope.h"
#include "hardshell/policy_words.h"
#include "hardshell/review_inventory.h"
#include "hardshell/review_report.h"
#include "hardshell/settings_file.h"
#include "hardshell/when.h"
#include "insight/drift.h"
#include "insight/rule_use.h"
#include "insight/usage.h"
#include "os/file.h"
#include "os/system.h"
#include "policy/narrow.h"

namespace hs::cli {

using base::Code;
using base::fail;
using base::Result;
using wire::Json;
using wire::JsonArray;
using wire::JsonObject;

namespace {

constexpr std::string_view usual_window = "90d";
// A rule that was used for more different things than this is not one that is too wide.
constexpr std::size_t narrow_uses_max = 5;

// The policy without the person's own rules: against it the narrow ones are tried.
Result<policy::PolicySources> sources_without_own(const Desk& desk,
                                                  const gate::Settings& settings) {
    const gate::PolicyPlaces places{desk.places.policy_folder, gate::organisation_folder(settings),
                                    ""};
    auto sources = TRY(gate::collect_sources(settings.text("policy.preset"), places));
    std::erase_if(sources.files, [](const policy::PolicyFile& file) {
        return file.layer == policy::Layer::person;
    });
    return sources;
}

// Rules that would have allowed just what the wide one was used for; what the rest of the policy
// allows anyway needs none.
struct Narrower {
    JsonArray rules;
    std::int64_t needless = 0;
};

Narrower narrower(const insight::RuleUse& use, const policy::PolicySources& sources) {
    Narrower made;
    for (const auto& [name, sample] : use.samples) {
        policy::NarrowWish wish;
        const auto question = policy::question_from_json(sample.question);
        if (!question) continue;
        wish.question = *question;
        wish.owner = question->person;
        const auto rule = policy::narrowest_rule(sources, gate::policy_load_options(), wish);
        if (rule) {
            made.rules.push_back(JsonObject{{"words", rule->words}, {"rule", rule->text}});
        } else if (rule.error().code == Code::conflict) {
            ++made.needless;
        }
    }
    return made;
}

Result<Json> permissions(const Desk& desk, audit::Reader& reader, const gate::Settings& settings,
                         base::WallTime_ms from_ms) {
    const auto uses = TRY(insight::count_rule_use(reader, from_ms));
    const Json rules = TRY(ask_keeper_about(desk, "policy.rules", Json(JsonObject{})));
    const auto sources = TRY(sources_without_own(desk, settings));
    JsonArray unused;
    JsonArray wide;
    for (const Json& row : *TRY(wire::array_at(rules, "rules"))) {
        const std::string layer = text_in(row, "layer");
        const std::string effect = text_in(row, "effect");
        const bool grants = effect == "permits" || effect == "asks";
        if (layer == "built-in" || !grants) continue;
        const auto found = uses.find(text_in(row, "id"));
        if (found == uses.end()) {
            unused.push_back(row);
            continue;
        }
        const insight::RuleUse& use = found->second;
        if (layer != "person" || use.samples.size() > narrow_uses_max) continue;
        Narrower narrow = narrower(use, sources);
        if (narrow.rules.empty() && narrow.needless == 0) continue;
        Json item = row;
        item["uses"] = static_cast<std::int64_t>(use.uses);
        item["narrower"] = std::move(narrow.rules);
        item["needless"] = narrow.needless;
        wide.push_back(std::move(item));
    }
    return Json(JsonObject{{"unused", std::move(unused)}, {"wide", std::move(wide)}});
}

Json providers_of(const gate::Settings& settings) {
    JsonArray list;
    for (const auto& one : settings.providers()) {
        JsonArray accepts(one.accepts.begin(), one.accepts.end());
        list.push_back(JsonObject{{"name", one.name},
                                  {"kind", one.kind},
                                  {"url", one.url},
                                  {"model", one.model},
                                  {"local", one.local},
                                  {"place", one.place},
                                  {"retains", one.retains},
                                  {"retention", one.retention},
                                  {"accepts", std::move(accepts)}});
    }
    return list;
}

// What the record says of skills and memory, by what was done.
Result<Json> changes_of(audit::Reader& reader, base::WallTime_ms from_ms) {
    std::map<std::string, std::int64_t> skills;
    std::map<std::string, std::int64_t> memory;
    TRY(reader.for_each(0, reader.size(), [&](const audit::Record& record) {
        const auto event = audit::parse_event(record.leaf);
        if (!event || event->time_ms < from_ms) return true;
        const std::string outcome = event->text(audit::Field::outcome);
        if (event->kind == audit::EventKind::skill_change) ++skills[outcome];
        if (event->kind == audit::EventKind::memory_write) ++memory[outcome];
        return true;
    }));
    const auto counted = [](const std::map<std::string, std::int64_t>& counts) {
        Json json{JsonObject{}};
        for (const auto& [name, count] : counts) json[name.empty() ? "changed" : name] = count;
        return json;
    };
    return Json(JsonObject{{"skills", counted(skills)}, {"memory", counted(memory)}});
}

Result<Json> findings_of(audit::Reader& reader, const gate::Settings& settings,
                         base::WallTime_ms from_ms) {
    const auto report =
        TRY(insight::find_drift(reader, TRY(insight::drift_settings(settings)), from_ms));
    JsonArray list;
    for (const auto& finding : report.found) list.push_back(finding.to_json());
    return Json(std::move(list));
}

Result<Json> usage_of(audit::Reader& reader, base::WallTime_ms from_ms) {
    using insight::Dimension;
    Json json{JsonObject{}};
    insight::UsageWindow window;
    window.from_ms = from_ms;
    const std::vector<Dimension> dimensions{Dimension::person,   Dimension::tool,
                                            Dimension::skill,    Dimension::host,
                                            Dimension::provider, Dimension::secret};
    for (const auto& table : TRY(insight::count_usage(reader, dimensions, window))) {
        JsonArray rows;
        for (const auto& row : table.rows) rows.push_back(row.to_json());
        json[insight::dimension_name(table.dimension)] = std::move(rows);
    }
    return json;
}

std::size_t count_in(const Json& json, std::string_view key) {
    const Json* list = json.find(key);
    return list != nullptr && list->array() != nullptr ? list->array()->size() : 0;
}

void show_permissions(const Screen& screen, const Json& permissions) {
    screen.line(screen.tone(Tone::strong, "Permissions that nothing used"));
    for (const Json& row : *permissions.find("unused")->array()) {
        screen.line(fmt::format("  {:<12} {}  {}", text_in(row, "layer"), text_in(row, "id"),
                                clean(text_in(row, "words"))));
    }
    screen.line(screen.tone(Tone::strong, "Your own rules that could be narrower"));
    for (const Json& row : *permissions.find("wide")->array()) {
        screen.line(fmt::format("  {}: {} narrower rules would do:", text_in(row, "id"),
                                count_in(row, "narrower")));
        for (const Json& rule : *row.find("narrower")->array()) {
            screen.line("    " + clean(text_in(rule, "words")));
        }
    }
}

void show_report(const Screen& screen, const Json& report) {
    screen.line(fmt::format("Review of {} to {}", text_in(report, "from").substr(0, 10),
                            text_in(report, "to").substr(0, 10)));
    show_permissions(screen, *report.find("permissions"));
    show_skills_and_memory(screen, report);
    screen.line(screen.tone(Tone::strong, "Exceptions"));
    for (const Json& row : *report.find("exceptions")->array()) {
        screen.line(clean(fmt::format("  {}  {} until {}, owner {}: {}", text_in(row, "id"),
                                      text_in(row, "status"), text_in(row, "until").substr(0, 10),
                                      text_in(row, "owner"), text_in(row, "reason"))));
    }
    screen.line(screen.tone(Tone::strong, "Secrets, by their last change"));
    for (const Json& row : *report.find("secrets")->array()) {
        screen.line(clean(fmt::format("  {}  {}  {}", text_in(row, "changed").substr(0, 10),
                                      text_in(row, "name"), text_in(row, "hosts"))));
    }
    screen.line(screen.tone(Tone::strong, "Providers"));
    for (const Json& row : *report.find("providers")->array()) {
        screen.line(clean(fmt::format("  {}  {} {}", text_in(row, "name"), text_in(row, "url"),
                                      text_in(row, "model"))));
    }
    screen.line(screen.tone(Tone::strong, "Self-assessments"));
    for (const Json& row : *report.find("assessments")->array()) {
        screen.line(clean(fmt::format("  {}  {}  {}", text_in(row, "item"), text_in(row, "state"),
                                      text_in(row, "until"))));
    }
    screen.line(fmt::format("{} findings, {} incidents in the record; the whole with --json.",
                            count_in(report, "findings"), count_in(report, "incidents")));
    screen.line("Vouch for it with: hardshell review attest FOLDER --reason TEXT");
}

}  // namespace

Result<Json> review_report(const Desk& desk) {
    const os::SystemClock clock;
    const std::string& from = desk.options.from;
    const base::WallTime_ms from_ms =
        TRY(parse_when(from.empty() ? usual_window : std::string_view(from), clock.wall_ms()));
    const gate::Settings settings = TRY(settings_of(desk));
    const Json none{JsonObject{}};
    const Json exceptions = TRY(ask_keeper_about(desk, "exception.list", none));
    const Json secrets = TRY(ask_keeper_about(desk, "secrets.list", none));
    const Json assessments = TRY(ask_keeper_about(desk, "assess.list", none));
    note_reading(desk, "review");
    auto reader = TRY(audit::Reader::open(desk.places.audit_folder));
    const Json usage = TRY(usage_of(reader, from_ms));
    JsonArray incidents;
    for (const auto& one : TRY(insight::read_incidents(reader))) incidents.push_back(one.to_json());
    Json report = JsonObject{{"from", base::format_time(from_ms)},
                             {"to", base::format_time(clock.wall_ms())},
                             {"permissions", TRY(permissions(desk, reader, settings, from_ms))},
                             {"exceptions", *exceptions.find("exceptions")},
                             {"secrets", *secrets.find("secrets")},
                             {"providers", providers_of(settings)},
                             {"assessments", *assessments.find("items")},
                             {"changes", TRY(changes_of(reader, from_ms))},
                             {"findings", TRY(findings_of(reader, settings, from_ms))},
                             {"usage", usage},
                             {"skills", TRY(review_skills(desk, *usage.find("skill")))},
                             {"memory", review_memory(desk)},
                             {"incidents", std::move(incidents)}};
    return report;
}

Result<int> run_review_show(const Desk& desk) {
    const Json report = TRY(review_report(desk));
    if (desk.screen.form() == Form::json) {
        desk.screen.json(report);
    } else {
        show_report(desk.screen, report);
    }
    return exit_done;
}

// The report as it was seen, the person's word, and the seal of the log over both.
Result<int> run_review_attest(const Desk& desk) {
    const Json report = TRY(review_report(desk));
    const Json begun = TRY(
        record_entry(desk, "review.record",
                     JsonObject{{"outcome", "begun"}, {"reason", "a review of the last quarter"}}));
    const std::string id = text_in(begun, "id");
    Bundle bundle;
    bundle.folder = desk.options.text;
    bundle.verb = "review.record";
    bundle.id = id;
    bundle.outcome = "attested";
    bundle.reason = desk.options.reason;
    bundle.with_log = false;
    bundle.files["review.json"] = wire::canonical_json(report) + "\n";
    bundle.files["attestation.txt"] = desk.options.reason + "\n";
    TRY(write_bundle(desk, bundle));
    if (desk.screen.form() == Form::json) {
        desk.screen.json(JsonObject{{"review", id}, {"folder", bundle.folder}});
    } else {
        desk.screen.line(
            fmt::format("Attested and sealed in {}. The next is due in a quarter.", bundle.folder));
    }
    return exit_done;
}

}  // namespace hs::cli
