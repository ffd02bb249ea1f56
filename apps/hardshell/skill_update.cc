#include "hardshell/skill_update.h"

#include <fmt/format.h>

#include <set>

#include "skills/propose.h"
#include "tools/line_diff.h"

namespace hs::cli {

using skills::Permissions;
using wire::Json;
using wire::JsonObject;

namespace {

constexpr std::size_t diff_lines_max = 400;

// What a version declares, what its text and scripts seem to need, and what the scan finds in it.
struct Version {
    Permissions declared;
    Permissions seems;
    std::set<std::string> findings;
};

std::set<std::string> rules_of(const skills::ScanReport& report) {
    std::set<std::string> rules;
    for (const auto& finding : report.findings) {
        if (finding.severity != skills::Severity::note) rules.insert(finding.rule);
    }
    return rules;
}

Permissions seeming(const skills::Tree& tree) {
    const auto* text = tree.find("SKILL.md");
    if (text == nullptr) return {};
    const auto card = skills::parse_card(text->text(), skills::Reading::lenient);
    return card ? skills::propose_manifest(*card, tree, nullptr).permissions : Permissions{};
}

Permissions declared_in(const skills::Tree& tree) {
    const auto* text = tree.find("SKILL.md");
    if (text == nullptr) return {};
    const auto card = skills::parse_card(text->text(), skills::Reading::lenient);
    return card && card->manifest ? card->manifest->permissions : Permissions{};
}

void say(Json& json, std::string_view key, std::string_view lead, const std::string& line,
         std::string& text) {
    json[key].push(line);
    text += fmt::format("{} {}\n", lead, line);
}

void compare(Json& json, const Version& old, const Version& made, std::string& text) {
    for (const auto& line : skills::beyond(made.declared, old.declared))
        say(json, "permissions_added", "+ may", line, text);
    for (const auto& line : skills::beyond(old.declared, made.declared))
        say(json, "permissions_removed", "- may", line, text);
    for (const auto& line : skills::beyond(made.seems, old.seems))
        say(json, "behaviour_added", "+ seems to", line, text);
    for (const auto& line : skills::beyond(old.seems, made.seems))
        say(json, "behaviour_removed", "- seems to", line, text);
    for (const auto& rule : made.findings) {
        if (!old.findings.contains(rule))
            say(json, "findings_added", "+ the scan finds", rule, text);
    }
    for (const auto& rule : old.findings) {
        if (!made.findings.contains(rule))
            say(json, "findings_removed", "- the scan found", rule, text);
    }
}

void compare_files(Json& json, const skills::Tree& old, const skills::Tree& made,
                   std::string& text) {
    for (const auto& file : made.files) {
        const skills::TreeFile* other = old.find(file.path);
        if (other != nullptr && other->sha256 == file.sha256) continue;
        json["files_changed"].push(file.path);
        text += fmt::format("{} {}\n", other == nullptr ? "new" : "changed", file.path);
        text +=
            tools::diff_lines(other != nullptr ? other->text() : "", file.text(), diff_lines_max)
                .text;
    }
    for (const auto& file : old.files) {
        if (made.find(file.path) != nullptr) continue;
        json["files_removed"].push(file.path);
        text += "removed " + file.path + "\n";
    }
}

}  // namespace

Json skill_changes(const skills::Store& store, const skills::Installed& before,
                   const skills::Tree& after, const skills::ScanReport& scan, std::string& text) {
    Json json{JsonObject{}};
    Version old{before.declared.value_or(skills::Manifest{}).permissions, {}, {}};
    const auto kept = store.version(before.digest);
    if (kept) {
        old.seems = seeming(*kept);
        if (const auto report = skills::scan(*kept, before.name)) old.findings = rules_of(*report);
    }
    compare(json, old, {declared_in(after), seeming(after), rules_of(scan)}, text);
    if (kept) compare_files(json, *kept, after, text);
    return json;
}

}  // namespace hs::cli
