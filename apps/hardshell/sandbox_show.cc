// hardshell sandbox show: the profiles, or one of them as it would be built here and now.

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "gate/judge.h"
#include "gate/launch_plan.h"
#include "hardshell/commands.h"
#include "hardshell/settings_file.h"
#include "os/environment.h"
#include "os/file.h"

namespace hs::cli {

using base::Code;
using base::fail;
using base::Result;
using wire::Json;
using wire::JsonObject;

namespace {

struct View {
    gate::Settings settings = gate::Settings::defaults();
    std::unique_ptr<gate::Judge> judge;
};

Result<View> open_view(const Desk& desk) {
    View view;
    view.settings = TRY(settings_of(desk));
    view.judge = TRY(gate::Judge::open(
        view.settings, {desk.places.policy_folder, gate::organisation_folder(view.settings),
                        desk.places.state + "/policy-sets"}));
    return view;
}

// The specification that a run of `true` would get: what is shown is what would be built.
Result<os::LaunchSpec> plan_for(const Desk& desk, const View& view, const policy::Profile& profile,
                                const std::string& project) {
    gate::RunCommand command;
    command.executable = "/usr/bin/true";
    command.executable_sha256 = std::string(64, '0');
    command.argv = {"true"};
    command.working_directory = profile.project == policy::Access::none ? "/tmp" : project;
    gate::LaunchPlaces places;
    places.project = project;
    for (const auto& root : view.settings.texts("files.roots")) {
        const auto resolved = os::resolve_path(root);
        if (resolved) places.roots.push_back(*resolved);
    }
    places.hidden = {desk.places.state, desk.places.config_folder};
    places.home = TRY(os::home_folder());
    return gate::plan_launch(command, command.executable, profile, places);
}

std::string size_text(std::uint64_t bytes) {
    const auto mib = bytes >> 20U;
    return mib >= 1024 && mib % 1024 == 0 ? fmt::format("{} GiB", mib / 1024)
                                          : fmt::format("{} MiB", mib);
}

Json json_of(const os::LaunchSpec& spec, const policy::Profile& profile) {
    Json mounts{wire::JsonArray{}};
    for (const os::Mount& mount : spec.mounts) {
        if (mount.presence == os::MountPresence::optional && !os::facts_of_path(mount.source)) {
            continue;
        }
        mounts.push(JsonObject{
            {"source", mount.source},
            {"target", mount.target},
            {"access", mount.access == os::MountAccess::read_write ? "read-write" : "read-only"}});
    }
    Json names{wire::JsonArray{}};
    for (const auto& name : spec.masks.name_patterns) names.push(name);
    Json paths{wire::JsonArray{}};
    for (const auto& path : spec.masks.paths) paths.push(path);
    Json variables{wire::JsonArray{}};
    for (const auto& entry : spec.command.environment) variables.push(entry.name);
    const auto number = [](std::uint64_t value) { return static_cast<std::int64_t>(value); };
    Json json = JsonObject{
        {"profile", profile.name},
        {"purpose", profile.purpose},
        {"mounts", std::move(mounts)},
        {"masked_names", std::move(names)},
        {"masked_paths", std::move(paths)},
        {"environment", std::move(variables)},
        {"network", profile.network == policy::Network::egress ? "egress" : "none"},
        {"limits", JsonObject{{"wall_ms", number(spec.limits.wall_ms)},
                              {"cpu_s", number(spec.limits.cpu_s)},
                              {"memory_bytes", number(spec.limits.memory_bytes)},
                              {"processes", number(spec.limits.processes_max)},
                              {"file_bytes", number(spec.limits.file_bytes_max)},
                              {"open_files", number(spec.limits.open_files_max)},
                              {"scratch_bytes", number(spec.limits.scratch_bytes_max)}}}};
    if (profile.network == policy::Network::none) return json;
    const policy::ProfileConnections& given = profile.connections;
    json["connections"] =
        JsonObject{{"open", given.open},
                   {"sent_mb", given.sent_mb},
                   {"received_mb", given.received_mb},
                   {"inspect", given.inspect == policy::Inspect::always ? "always" : "needed"}};
    return json;
}

void show_mounts(const Desk& desk, const os::LaunchSpec& spec) {
    desk.screen.line(desk.screen.tone(Tone::strong, "shown"));
    std::string system;
    for (const os::Mount& mount : spec.mounts) {
        if (!os::facts_of_path(mount.source)) continue;
        const bool writable = mount.access == os::MountAccess::read_write;
        if (mount.content == os::MountContent::system) {
            system += (system.empty() ? "" : " ") + mount.target;
            continue;
        }
        desk.screen.line(
            fmt::format("  {:<10} {}", writable ? "read-write" : "read-only", clean(mount.target)));
    }
    desk.screen.line("  read-only  " + system);
    desk.screen.line(
        fmt::format("  its own    /tmp /home/user /dev/shm ({} together), /proc, five "
                    "devices",
                    size_text(spec.limits.scratch_bytes_max)));
    desk.screen.line(desk.screen.tone(Tone::strong, "masked"));
    for (const auto& path : spec.masks.paths) desk.screen.line("  " + clean(path));
    desk.screen.line("  " + clean(fmt::format("{}", fmt::join(spec.masks.name_patterns, " "))));
}

void show_network(const Desk& desk, const policy::Profile& profile) {
    desk.screen.line(desk.screen.tone(Tone::strong, "network"));
    if (profile.network == policy::Network::none) {
        desk.screen.line("  none: its own namespace without any way out");
        return;
    }
    const policy::ProfileConnections& given = profile.connections;
    desk.screen.line(
        "  its own namespace; names, ports 22, 80, 443 and the proxies 127.0.0.1:3128 (HTTP) and "
        "1080 (SOCKS)");
    desk.screen.line(
        "  lead to hardshell-egress, where policy decides each connection; all else refuses");
    desk.screen.line(fmt::format(
        "  {} connections at once, {} MiB out and {} MiB in all together; TLS is looked into {}",
        given.open, given.sent_mb, given.received_mb,
        given.inspect == policy::Inspect::always ? "always" : "where a rule needs it"));
}

void show_limits(const Desk& desk, const os::Limits& limits) {
    desk.screen.line(desk.screen.tone(Tone::strong, "limits"));
    desk.screen.line(fmt::format("  {} s of time, {} s of processor, {} of memory, {} processes",
                                 limits.wall_ms / 1000, limits.cpu_s,
                                 size_text(limits.memory_bytes), limits.processes_max));
    desk.screen.line(fmt::format("  {} a file, {} open files", size_text(limits.file_bytes_max),
                                 limits.open_files_max));
}

Result<int> list_profiles(const Desk& desk, const View& view) {
    std::vector<std::vector<std::string>> rows;
    Json list{wire::JsonArray{}};
    for (const policy::Profile& profile : view.judge->profiles()) {
        const std::string network = profile.network == policy::Network::egress ? "egress" : "none";
        rows.push_back({profile.name, std::to_string(profile.rank), network, profile.purpose});
        list.push(JsonObject{{"profile", profile.name},
                             {"rank", profile.rank},
                             {"network", network},
                             {"purpose", profile.purpose}});
    }
    if (desk.screen.form() == Form::json) {
        desk.screen.json(JsonObject{{"profiles", std::move(list)}});
    } else {
        desk.screen.table({"profile", "rank", "network", "for"}, rows);
        desk.screen.line(
            "The lower the rank, the stricter. One of them: hardshell sandbox show NAME");
    }
    return exit_done;
}

}  // namespace

Result<int> run_sandbox_show(const Desk& desk) {
    const View view = TRY(open_view(desk));
    if (desk.options.text.empty()) return list_profiles(desk, view);
    const policy::Profile* profile = view.judge->profile(desk.options.text);
    if (profile == nullptr) {
        return fail(Code::not_found, fmt::format("there is no profile {}; see: hardshell sandbox "
                                                 "show",
                                                 desk.options.text));
    }
    const std::string folder = TRY(os::resolve_path(TRY(os::working_folder())));
    const os::LaunchSpec spec = TRY(plan_for(desk, view, *profile, folder));
    if (desk.screen.form() == Form::json) {
        desk.screen.json(json_of(spec, *profile));
        return exit_done;
    }
    desk.screen.line(fmt::format("{}: {} (rank {})", desk.screen.tone(Tone::strong, profile->name),
                                 profile->purpose, profile->rank));
    show_mounts(desk, spec);
    show_network(desk, *profile);
    show_limits(desk, spec.limits);
    desk.screen.line("The walls of this machine: hardshell doctor");
    return exit_done;
}

}  // namespace hs::cli
