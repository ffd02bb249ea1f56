#include "gate/skill_book.h"

#include <fmt/format.h>

#include <algorithm>

#include "crypto/hash.h"
#include "gate/policy_files.h"
#include "gate/skill_limits.h"

namespace hs::gate {

using base::Code;
using base::fail;
using base::Result;
using skills::HostPermission;
using skills::Loaded;

namespace {

const std::string skill_folder = "/run/hardshell/staged/skill";

bool lies_in(std::string_view path, std::string_view folder) {
    return path == folder ||
           (path.starts_with(folder) && path.size() > folder.size() && path[folder.size()] == '/');
}

bool has(const std::vector<std::string>& items, std::string_view wanted) {
    return std::find(items.begin(), items.end(), wanted) != items.end();
}

bool names_host(const HostPermission& permission, std::string_view host, std::uint16_t port) {
    if (permission.port != port) return false;
    if (!permission.host.starts_with("*.")) return permission.host == host;
    return host.ends_with(std::string_view(permission.host).substr(1));
}

std::string beyond(std::string_view what) {
    return fmt::format("the skill's manifest does not name {}", what);
}

}  // namespace

std::vector<std::string> reviewer_files(const Settings& settings,
                                        const std::string& config_folder) {
    std::vector<std::string> files;
    const std::string organisation = organisation_folder(settings);
    if (!organisation.empty()) files.push_back(organisation + "/skill-reviewers.toml");
    files.push_back(config_folder + "/skill-reviewers.toml");
    return files;
}

bool SkillBook::reaches(const Loaded& skill, std::string_view host, std::uint16_t port) {
    const auto hosts = skill.manifest().permissions.hosts;
    return std::any_of(hosts.begin(), hosts.end(), [&](const HostPermission& permission) {
        return names_host(permission, host, port);
    });
}

Result<Loaded> SkillBook::find(const std::string& name) const {
    Loaded skill = TRY(store_.load(name, clock_.wall_ms(), skills::Store::Depth::hashes));
    if (!skill.entry.is_enabled) {
        return fail(Code::denied,
                    fmt::format("the skill {} is not enabled; a person does that with: "
                                "hardshell skill enable {}",
                                name, name));
    }
    return skill;
}

bool SkillBook::holds(const Loaded& skill, const RunCommand::Script& script) const {
    const std::string folder = store_.folder_of(skill.entry.digest) + "/";
    if (skill.entry.is_builtin || !script.path.starts_with(folder)) return false;
    const skills::TreeFile* file = skill.tree.find(script.path.substr(folder.size()));
    return file != nullptr && file->sha256 == script.sha256;
}

policy::Actor SkillBook::actor(const Loaded& skill, const std::string& agent) const {
    policy::Actor actor;
    actor.kind = policy::ActorKind::skill;
    actor.name = skill.entry.name;
    actor.agent = agent;
    actor.digest = skill.entry.digest;
    actor.tier = skill.standing.tier;
    return actor;
}

std::string SkillBook::resolved(const std::string& path, const Loaded& skill,
                                const std::string& project) const {
    const auto below = [&path](std::string_view word, const std::string& folder) {
        return folder.empty() ? std::string() : folder + path.substr(word.size());
    };
    if (lies_in(path, "project")) return below("project", project);
    if (lies_in(path, "skill")) {
        return skill.entry.is_builtin ? std::string()
                                      : below("skill", store_.folder_of(skill.entry.digest));
    }
    return below("~", home_);
}

bool SkillBook::lies_in_any(const std::vector<std::string>& folders, const std::string& path,
                            const Loaded& skill, const std::string& project) const {
    return std::any_of(folders.begin(), folders.end(), [&](const std::string& folder) {
        const std::string at = resolved(folder, skill, project);
        return !at.empty() && lies_in(path, at);
    });
}

std::string SkillBook::refused_command(const Loaded& skill, const RunCommand& command,
                                       const Circumstances& circumstances) const {
    const auto permissions = skill.manifest().permissions;
    const std::string program = command.executable.substr(command.executable.rfind('/') + 1);
    if (!has(permissions.executables, program)) return beyond("the program " + program);
    for (const auto& script : command.scripts) {
        const bool is_own =
            std::any_of(skill.tree.files.begin(), skill.tree.files.end(),
                        [&](const skills::TreeFile& file) { return file.sha256 == script.sha256; });
        if (!is_own && !lies_in_any(permissions.read, script.path, skill, circumstances.project)) {
            return beyond("the script " + script.path);
        }
    }
    return {};
}

std::string SkillBook::refused_loading(const Loaded& skill, flow::DataClasses seen) {
    return refused_label(skill.manifest(), seen);
}

std::string SkillBook::refusal(const Loaded& skill, const Action& action,
                               const Circumstances& circumstances,
                               const policy::Question& question) const {
    const skills::Manifest manifest = skill.manifest();
    for (auto&& refused :
         {refused_reach(skill, action, circumstances), refused_tool(manifest, circumstances.tool),
          refused_memory(manifest, action), refused_target(manifest, question.target),
          refused_label(manifest, question.label.classes)}) {
        if (!refused.empty()) return refused;
    }
    return {};
}

std::string SkillBook::refused_reach(const Loaded& skill, const Action& action,
                                     const Circumstances& circumstances) const {
    const skills::Permissions permissions = skill.manifest().permissions;
    if (const auto* read = std::get_if<ReadFile>(&action)) {
        const bool admitted =
            lies_in_any(permissions.read, read->path, skill, circumstances.project) ||
            lies_in_any(permissions.write, read->path, skill, circumstances.project);
        return admitted ? std::string() : beyond("reading " + read->path);
    }
    if (const auto* write = std::get_if<WriteFile>(&action)) {
        return lies_in_any(permissions.write, write->path, skill, circumstances.project)
                   ? std::string()
                   : beyond("writing " + write->path);
    }
    if (const auto* command = std::get_if<RunCommand>(&action)) {
        return refused_command(skill, *command, circumstances);
    }
    if (const auto* http = std::get_if<SendHttp>(&action)) {
        for (const auto& host : permissions.hosts) {
            if (names_host(host, http->host, http->port) && has(host.methods, http->method))
                return {};
        }
        return beyond(fmt::format("{} to {}:{}", http->method, http->host, http->port));
    }
    // What is not looked into cannot be held to methods.
    if (const auto* connect = std::get_if<Connect>(&action)) {
        return beyond(fmt::format("a connection to {}:{} that is not looked into", connect->host,
                                  connect->port));
    }
    // Its manifest must name the tool that calls; which calls, policy says.
    const bool elsewhere =
        std::holds_alternative<CallTool>(action) || std::holds_alternative<Infer>(action) ||
        std::holds_alternative<Recall>(action) || std::holds_alternative<Remember>(action);
    if (elsewhere) return {};  // held by what follows, or by policy alone
    return "a skill does not do this";
}

policy::Profile SkillBook::narrowed(const policy::Profile& profile, const Loaded& skill,
                                    const policy::PathClasses& classes) const {
    const skills::Manifest manifest = skill.manifest();
    const skills::Permissions& permissions = manifest.permissions;
    policy::Profile made = profile;
    made.name = "skill:" + skill.entry.name;
    made.purpose = "run what the skill's manifest names";
    if (!has(permissions.read, "project") && !has(permissions.write, "project")) {
        made.project = policy::Access::none;
    } else if (!has(permissions.write, "project")) {
        made.project = std::min(made.project, policy::Access::read);
    }
    made.granted = policy::Access::none;
    if (permissions.hosts.empty()) made.network = policy::Network::none;
    made.connections.inspect = policy::Inspect::always;
    made.shows_toolchains = false;
    for (const flow::DataClass one : unnamed_classes(manifest).list()) {
        const auto& masked = profile.masked_classes;
        if (std::find(masked.begin(), masked.end(), one) != masked.end()) continue;
        made.masked_classes.push_back(one);
        const auto& names = classes.names_of(one);
        const auto& ends = classes.ends_of(one);
        made.masked_names.insert(made.masked_names.end(), names.begin(), names.end());
        made.masked_ends.insert(made.masked_ends.end(), ends.begin(), ends.end());
    }
    return made;
}

Result<> SkillBook::stage_folder(os::LaunchSpec& spec, const Loaded& skill,
                                 const RunCommand& command) const {
    const auto is_own = [&](const RunCommand::Script& script) { return holds(skill, script); };
    if (command.scripts.empty() ||
        !std::all_of(command.scripts.begin(), command.scripts.end(), is_own)) {
        return {};
    }
    const std::size_t above = store_.folder_of(skill.entry.digest).size();
    for (std::size_t i = 0; i < command.scripts.size(); ++i) {
        const std::string inside = skill_folder + command.scripts[i].path.substr(above);
        std::replace(spec.command.argv.begin(), spec.command.argv.end(), spec.staged[i].target,
                     inside);
    }
    const base::Bytes packed = TRY(skills::packed_for_sandbox(skill.tree));
    spec.staged = {{skill_folder, crypto::sha256(packed), os::StagedForm::folder}};
    spec.command.environment.push_back({"HARDSHELL_SKILL", skill_folder});
    return {};
}

void SkillBook::show_folders(os::LaunchSpec& spec, const Loaded& skill,
                             const LaunchPlaces& places) const {
    const auto is_granted = [&](const std::string& path) {
        if (!places.project.empty() && lies_in(path, places.project)) return true;
        return std::any_of(places.roots.begin(), places.roots.end(),
                           [&](const std::string& root) { return lies_in(path, root); });
    };
    const auto show = [&](const std::string& path) {
        const auto shown = [&](const os::Mount& mount) { return lies_in(path, mount.target); };
        if (std::any_of(spec.mounts.begin(), spec.mounts.end(), shown)) return;
        spec.mounts.push_back({path, path, os::MountAccess::read_only, os::MountPresence::optional,
                               os::MountContent::personal});
    };
    for (const std::string& folder : skill.manifest().permissions.read) {
        const std::string at = resolved(folder, skill, places.project);
        if (!at.empty() && is_granted(at)) show(at);
    }
}

bool SkillBook::may_use_secret(const Loaded& skill, std::string_view secret) {
    return has(skill.manifest().permissions.secrets, secret);
}

}  // namespace hs::gate
