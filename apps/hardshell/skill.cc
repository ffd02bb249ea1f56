// skill install, list, show, enable, disable, remove, verify: the store's commands. A
// change is decided by policy and recorded by the keeper before it is done; nothing of a skill
// runs.

#include <fmt/format.h>

#include "hardshell/skill_desk.h"
#include "hardshell/skill_source.h"
#include "hardshell/skill_update.h"
#include "skills/propose.h"
#include "skills/scan/scanner.h"

namespace hs::cli {

using base::Code;
using base::fail;
using base::Result;
using skills::Loaded;
using skills::Store;
using wire::Json;
using wire::JsonArray;
using wire::JsonObject;

namespace {

std::string day(base::WallTime_ms at_ms) {
    return at_ms == 0 ? "never" : base::format_time(at_ms).substr(0, 10);
}

std::string state_of(const skills::Installed& entry, const Result<Loaded>& loaded) {
    if (!loaded) return "suspended";
    return entry.is_enabled ? "enabled" : "disabled";
}

Json row_of(const skills::Installed& entry, const Result<Loaded>& loaded) {
    Json row = JsonObject{{"name", entry.name},     {"digest", entry.digest},
                          {"source", entry.source}, {"scan", entry.scan},
                          {"commit", entry.commit}, {"state", state_of(entry, loaded)}};
    if (!loaded) {
        row["problem"] = loaded.error().what;
        return row;
    }
    row["tier"] = skills::tier_word(loaded->standing.tier);
    row["standing"] = loaded->standing.reason;
    row["description"] = loaded->card.description;
    row["declares"] = entry.declared.has_value();
    Json permissions{JsonArray{}};
    for (const auto& line : skills::lines_of(loaded->manifest().permissions))
        permissions.push(line);
    row["permissions"] = std::move(permissions);
    return row;
}

const skills::Trial* trial_of(const skills::Installed& entry) {
    return entry.trial ? &*entry.trial : nullptr;
}

void say_manifest(const Screen& screen, const skills::Card& card, const skills::Tree& tree,
                  const skills::Trial* trial) {
    if (card.manifest) {
        screen.line("It asks for:");
        for (const auto& line : skills::lines_of(card.manifest->permissions))
            screen.line("  " + clean(line));
        return;
    }
    if (trial != nullptr) {
        screen.line("In its trial it asked for:");
        for (const auto& line : trial->lines()) screen.line("  " + clean(line));
    }
    screen.line(trial == nullptr
                    ? "It declares no permissions, so it gets none. Read off its text, it may need:"
                    : "It declares no permissions, so it gets none. By its text and that it may "
                      "need:");
    screen.line(skills::yaml_of(skills::propose_manifest(card, tree, trial)));
    if (trial == nullptr)
        screen.line(
            fmt::format("To see what it asks for when it runs: hardshell skill try {}", card.name));
    screen.line(
        fmt::format("To grant that: hardshell skill enable {} --accept-proposed", card.name));
}

}  // namespace

namespace {

// The reviews that came with it are kept where they are of this version; what they are worth is
// decided by their signatures, each time.
Result<> take_reviews(Store& store, const SkillSource& source, const std::string& digest) {
    for (const auto& review : source.reviews) {
        if (review.digest == digest) TRY(store.add_review(review));
    }
    return {};
}

void show_installed(const Desk& desk, const skills::Installed& installed, const Json& changes,
                    const std::string& diff, const skills::Card& card, const skills::Tree& tree) {
    if (desk.screen.form() == Form::json) {
        Json json = JsonObject{{"name", installed.name},
                               {"digest", installed.digest},
                               {"source", installed.source},
                               {"scan", installed.scan},
                               {"enabled", installed.is_enabled}};
        if (!installed.commit.empty()) json["commit"] = installed.commit;
        if (!changes.is_null()) json["changes"] = changes;
        return desk.screen.json(json);
    }
    if (!diff.empty()) desk.screen.line("What the update changes:\n" + clean(diff));
    say_manifest(desk.screen, card, tree, trial_of(installed));
    desk.screen.line(
        fmt::format("Installed {} (scan: {}), not enabled. Next: hardshell skill review {}, "
                    "then hardshell skill enable {}",
                    installed.name, installed.scan, installed.name, installed.name));
}

}  // namespace

Result<int> run_skill_install(const Desk& desk) {
    const SkillSource source = TRY(fetch_skill(desk, desk.options.text));
    const skills::Tree& tree = source.tree;
    TRY(skills::check_installable(tree));
    const auto card =
        TRY(skills::parse_card(tree.find("SKILL.md")->text(), skills::Reading::lenient));
    const auto report = TRY(skills::scan(tree, source.folder.empty() ? card.name : source.folder));
    if (report.verdict == skills::ScanVerdict::malicious && !desk.options.skill.anyway) {
        return fail(Code::denied,
                    fmt::format("the scan calls {} malicious ({}); see: hardshell skill "
                                "scan {}",
                                card.name, report.findings.front().rule, desk.options.text));
    }
    Store store = TRY(open_skills(desk));
    std::string diff;
    Json changes;
    for (const auto& entry : TRY(store.list())) {
        if (entry.name == card.name && !entry.is_builtin)
            changes = skill_changes(store, entry, tree, report, diff);
    }
    TRY(store.check_name(card.name));
    skills::Installed entry;
    entry.name = card.name;
    entry.digest = tree.digest();
    entry.source = source.commit.empty() ? source.place : source.place + " @" + source.commit;
    entry.scan = skills::verdict_name(report.verdict);
    TRY(record_skill_change(desk, "install", entry,
                            report.findings.empty() ? "" : report.findings.front().rule));
    const auto installed =
        TRY(store.install(tree, {source.place, entry.scan, now_ms(), source.commit}));
    TRY(take_reviews(store, source, installed.digest));
    show_installed(desk, installed, changes, diff, card, tree);
    return exit_done;
}

Result<int> run_skill_list(const Desk& desk) {
    const Store store = TRY(open_skills(desk));
    Json list{JsonArray{}};
    std::vector<std::vector<std::string>> rows;
    for (const auto& entry : TRY(store.list())) {
        const auto loaded = store.load(entry.name, now_ms(), Store::Depth::text);
        list.push(row_of(entry, loaded));
        rows.push_back({entry.name, state_of(entry, loaded),
                        loaded ? std::string(skills::tier_word(loaded->standing.tier)) : "-",
                        entry.scan, loaded ? loaded->card.description : loaded.error().what});
    }
    if (desk.screen.form() == Form::json) {
        desk.screen.json(JsonObject{{"skills", std::move(list)}});
    } else {
        desk.screen.table({"NAME", "STATE", "TIER", "SCAN", "DESCRIPTION"}, rows);
    }
    return exit_done;
}

Result<int> run_skill_show(const Desk& desk) {
    const Loaded skill = TRY(load_skill(desk, desk.options.text));
    if (desk.screen.form() == Form::json) {
        Json json = row_of(skill.entry, Result<Loaded>(skill));
        for (const auto& file : skill.tree.files) {
            json["files"].push(JsonObject{{"path", file.path}, {"sha256", file.sha256}});
        }
        if (!skill.entry.declared) {
            json["proposed"] =
                to_json(skills::propose_manifest(skill.card, skill.tree, trial_of(skill.entry)));
        }
        if (skill.entry.trial) json["trial"] = to_json(*skill.entry.trial);
        desk.screen.json(json);
        return exit_done;
    }
    desk.screen.line(fmt::format("{}  {} ({})", skill.entry.name,
                                 skills::tier_word(skill.standing.tier), skill.standing.reason));
    desk.screen.line(clean(skill.card.description));
    desk.screen.line(fmt::format("from {}, installed {}, {}", clean(skill.entry.source),
                                 day(skill.entry.installed_ms),
                                 skill.entry.is_enabled ? "enabled" : "disabled"));
    for (const auto& install : skill.card.installs) {
        desk.screen.line("it says that it needs (not installed by us): " + clean(install));
    }
    if (skill.entry.accepted)
        desk.screen.line("its manifest is the proposed one, which you accepted");
    say_manifest(desk.screen, skill.card, skill.tree, trial_of(skill.entry));
    return exit_done;
}

namespace {

Result<int> set_enabled(const Desk& desk, bool enabled) {
    Store store = TRY(open_skills(desk));
    const Loaded skill = TRY(load_skill(desk, desk.options.text));
    if (skill.standing.tier == policy::TrustTier::blocked && enabled) {
        return fail(Code::denied, skill.standing.reason);
    }
    if (enabled && desk.options.skill.accept_proposed && !skill.entry.declared) {
        TRY(record_skill_change(desk, "accept", skill.entry, ""));
        TRY(store.accept(skill.entry.name,
                         skills::propose_manifest(skill.card, skill.tree, trial_of(skill.entry))));
    }
    TRY(record_skill_change(desk, enabled ? "enable" : "disable", skill.entry,
                            skill.standing.reason));
    TRY(store.set_enabled(skill.entry.name, enabled));
    desk.screen.form() == Form::json
        ? desk.screen.json(JsonObject{{"name", skill.entry.name}, {"enabled", enabled}})
        : desk.screen.line(
              fmt::format("{} is {}", skill.entry.name, enabled ? "enabled" : "disabled"));
    return exit_done;
}

}  // namespace

Result<int> run_skill_enable(const Desk& desk) {
    return set_enabled(desk, true);
}
Result<int> run_skill_disable(const Desk& desk) {
    return set_enabled(desk, false);
}

Result<int> run_skill_remove(const Desk& desk) {
    Store store = TRY(open_skills(desk));
    for (const auto& entry : TRY(store.list())) {
        if (entry.name != desk.options.text || entry.is_builtin) continue;
        TRY(record_skill_change(desk, "remove", entry, ""));
        TRY(store.remove(entry.name));
        desk.screen.form() == Form::json ? desk.screen.json(JsonObject{{"removed", entry.name}})
                                         : desk.screen.line("Removed " + entry.name);
        return exit_done;
    }
    return fail(Code::not_found, fmt::format("no skill {} is installed here", desk.options.text));
}

Result<int> run_skill_verify(const Desk& desk) {
    const Store store = TRY(open_skills(desk));
    bool all_well = true;
    Json list{JsonArray{}};
    for (const auto& entry : TRY(store.list())) {
        if (!desk.options.text.empty() && entry.name != desk.options.text) continue;
        const auto loaded = store.load(entry.name, now_ms(), Store::Depth::hashes);
        all_well = all_well && loaded.ok();
        list.push(JsonObject{{"name", entry.name}, {"ok", loaded.ok()}, {"digest", entry.digest}});
        if (desk.screen.form() == Form::text) {
            desk.screen.line(fmt::format("{} {}  {}", loaded ? "✓" : "✗", entry.name,
                                         loaded ? loaded->standing.reason : loaded.error().what));
        }
    }
    if (desk.screen.form() == Form::json) {
        desk.screen.json(JsonObject{{"ok", all_well}, {"skills", std::move(list)}});
    }
    return all_well ? exit_done : exit_failed;
}

}  // namespace hs::cli
