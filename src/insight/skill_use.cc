#include "insight/skill_use.h"

#include <fmt/format.h>

#include <algorithm>

#include "wire/members.h"

namespace hs::insight {

using audit::EventKind;
using skills::MemoryUse;
using skills::Permissions;
using wire::Json;
using wire::text_in;

namespace {

bool lies_in(std::string_view path, std::string_view folder) {
    return path == folder ||
           (path.starts_with(folder) && path.size() > folder.size() && path[folder.size()] == '/');
}

void keep(std::set<std::string>& items, std::string item) {
    if (!item.empty() && items.size() < SkillUses::items_max) items.insert(std::move(item));
}

// As manifests name it.
std::string from_project(std::string path, const std::string& project) {
    if (project.empty() || !lies_in(path, project)) return path;
    return "project" + path.substr(project.size());
}

bool touches(const std::string& granted, const std::set<std::string>& paths,
             const std::string& home) {
    const std::string folder = granted.starts_with("~/") ? home + granted.substr(1) : granted;
    return std::any_of(paths.begin(), paths.end(),
                       [&](const std::string& path) { return lies_in(path, folder); });
}

std::vector<std::string> kept(const std::vector<std::string>& granted,
                              const std::set<std::string>& used) {
    std::vector<std::string> list;
    for (const auto& item : granted) {
        if (used.contains(item)) list.push_back(item);
    }
    return list;
}

std::vector<std::string> kept_paths(const std::vector<std::string>& granted, const SkillUse& use,
                                    const std::set<std::string>& paths, const std::string& home) {
    std::vector<std::string> list;
    for (const auto& item : granted) {
        const bool shown_to_programs = use.ran && !item.starts_with("~");
        if (shown_to_programs || touches(item, paths, home)) list.push_back(item);
    }
    return list;
}

std::vector<skills::HostPermission> kept_hosts(const std::vector<skills::HostPermission>& granted,
                                               const SkillUse& use) {
    std::vector<skills::HostPermission> list;
    for (const auto& host : granted) {
        skills::HostPermission made{host.host, host.port, {}};
        for (const auto& method : host.methods) {
            const std::string end = fmt::format(":{} {}", host.port, method);
            const bool used =
                std::any_of(use.requests.begin(), use.requests.end(), [&](const std::string& one) {
                    if (!one.ends_with(end)) return false;
                    const std::string_view name =
                        std::string_view(one).substr(0, one.size() - end.size());
                    return host.host.starts_with("*.")
                               ? name.ends_with(std::string_view(host.host).substr(1))
                               : name == host.host;
                });
            if (used) made.methods.push_back(method);
        }
        if (!made.methods.empty()) list.push_back(std::move(made));
    }
    return list;
}

}  // namespace

void SkillUses::add(const audit::RecordedEvent& event) {
    const audit::EventFacts facts = story_.take(event);
    const Json* detail = event.json.find("detail");
    const Json* request = detail != nullptr ? detail->find("request") : nullptr;
    const Json* action = request != nullptr ? request->find("action") : nullptr;
    std::string skill = facts.skill;
    const bool loads = action != nullptr && text_in(*action, "effect") == "skill.load";
    if (skill.empty() && loads) skill = text_in(*action, "name");
    if (skill.empty() || event.kind == EventKind::skill_change) return;
    if (uses_.size() >= skills_max && !uses_.contains(skill)) return;
    SkillUse& use = uses_[skill];
    if (facts.outcome != "deny") use.last_ms = std::max(use.last_ms, facts.time_ms);
    if (facts.time_ms < from_ms_) return;
    for (const auto& secret : facts.secrets) keep(use.secrets, secret);
    if (event.kind != EventKind::decision) return;
    // What is asked first and allowed then has two records; the second counts.
    if (facts.outcome == "deny") ++use.denied;
    if (facts.outcome != "allow") return;
    if (loads) {
        ++use.loads;
        return;
    }
    ++use.allowed;
    keep(use.tools, event.text(audit::Field::tool));
    if (action != nullptr) add_action(*action, facts.project, use);
}

void SkillUses::add_action(const Json& action, const std::string& project, SkillUse& use) {
    const std::string effect = text_in(action, "effect");
    if (effect == "file.read") keep(use.reads, from_project(text_in(action, "path"), project));
    if (effect == "file.write") keep(use.writes, from_project(text_in(action, "path"), project));
    if (effect == "recall") use.recalled = true;
    if (effect == "remember") use.remembered = true;
    if (effect == "http") {
        const auto port = wire::integer_at_or(action, "port", 443);
        keep(use.requests, fmt::format("{}:{} {}", text_in(action, "host"), port ? *port : 443,
                                       text_in(action, "method")));
    }
    if (effect != "run") return;
    use.ran = true;
    const std::string executable = text_in(action, "executable");
    keep(use.programs, executable.substr(executable.rfind('/') + 1));
}

const SkillUse* SkillUses::find(const std::string& skill) const {
    const auto found = uses_.find(skill);
    return found == uses_.end() ? nullptr : &found->second;
}

Permissions used_of(const Permissions& granted, const SkillUse& use, const std::string& home) {
    Permissions used;
    used.read = kept_paths(granted.read, use, use.reads, home);
    used.write = kept_paths(granted.write, use, use.writes, home);
    used.executables = kept(granted.executables, use.programs);
    used.hosts = kept_hosts(granted.hosts, use);
    used.secrets = kept(granted.secrets, use.secrets);
    used.tools = kept(granted.tools, use.tools);
    if (use.recalled) used.memory = std::min(granted.memory, MemoryUse::recall);
    if (use.remembered) used.memory = granted.memory;
    return used;
}

}  // namespace hs::insight
