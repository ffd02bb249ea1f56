#include "gate/launch_plan.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/bytes.h"
#include "gate/toolchains.h"
#include "os/file.h"

namespace hs::gate {
namespace {

using base::Code;
using base::fail;
using base::Result;

constexpr std::string_view home_inside = "/home/user";  // jail/root.h makes it
constexpr std::string_view staged_folder = "/run/hardshell/staged/";

bool lies_in(std::string_view path, std::string_view folder) {
    return path == folder ||
           (path.starts_with(folder) && path.size() > folder.size() && path[folder.size()] == '/');
}

os::Mount personal(const std::string& path, policy::Access access) {
    return {
        path, path,
        access == policy::Access::write ? os::MountAccess::read_write : os::MountAccess::read_only,
        os::MountPresence::required, os::MountContent::personal};
}

Result<os::Sha256Bytes> sha256_from(const std::string& hex) {
    const base::Bytes bytes = TRY(base::from_hex(hex));
    os::Sha256Bytes digest{};
    if (bytes.size() != digest.size()) return fail(Code::invalid_input, "a SHA-256 has 64 digits");
    std::copy(bytes.begin(), bytes.end(), digest.begin());
    return digest;
}

void add_project(os::LaunchSpec& spec, const policy::Profile& profile, const LaunchPlaces& places) {
    for (const auto& root : places.roots) {
        // A root inside the project is shown with it.
        const bool inside = !places.project.empty() && lies_in(root, places.project);
        if (profile.granted != policy::Access::none && !inside) {
            spec.mounts.push_back(personal(root, profile.granted));
        }
    }
    if (places.project.empty() || profile.project == policy::Access::none) return;
    spec.mounts.push_back(personal(places.project, profile.project));
    if (profile.project != policy::Access::write) return;
    for (const auto& name : profile.read_only_names) {
        const std::string path = places.project + "/" + name;
        // As a mount of its own the folder above cannot be moved away and put together anew.
        const std::string above = path.substr(0, path.rfind('/'));
        const bool has_mount = std::ranges::any_of(
            spec.mounts, [&](const auto& mount) { return mount.target == above; });
        if (!has_mount && os::facts_of_path(path)) {
            spec.mounts.push_back(personal(above, policy::Access::write));
        }
        if (os::facts_of_path(path)) spec.mounts.push_back(personal(path, policy::Access::read));
    }
}

void add_masks(os::LaunchSpec& spec, const policy::Profile& profile, const LaunchPlaces& places) {
    spec.masks.name_patterns = profile.masked_names;
    std::vector<std::string> shown = places.roots;
    if (!places.project.empty()) shown.push_back(places.project);
    for (const auto& root : shown) {
        for (const auto& end : profile.masked_ends) {
            if (end.find_first_of("*?") != std::string::npos) continue;
            const std::string path = root + "/" + end;
            if (os::facts_of_path(path)) spec.masks.paths.push_back(path);
        }
        for (const auto& folder : places.hidden) {
            if (lies_in(folder, root)) spec.masks.paths.push_back(folder);
        }
    }
}

void add_toolchains(os::LaunchSpec& spec, const LaunchPlaces& places) {
    const Toolchains found = find_toolchains(places.home);
    for (const auto& path : found.shown) {
        const auto covers = [&](const os::Mount& mount) { return lies_in(path, mount.target); };
        // A project or a granted folder may hold it already.
        if (std::any_of(spec.mounts.begin(), spec.mounts.end(), covers)) continue;
        spec.mounts.push_back({path, path, os::MountAccess::read_only, os::MountPresence::optional,
                               os::MountContent::system});
    }
    std::string folders;
    for (const auto& folder : found.programs) folders += folder + ":";
    for (auto& [name, value] : spec.command.environment) {
        if (name == "PATH") value = folders + value;
    }
    for (const auto& entry : found.environment) spec.command.environment.push_back(entry);
}

// Programs that bring their own certificates are pointed to the bundle that jail/authority.h makes;
// those that know proxies get the one that also reaches ports without an outlet. Git's SSH remotes
// of the usual hosts become HTTPS ones, which can be told apart by what they do.
void add_network(os::LaunchSpec& spec, const LaunchPlaces& places) {
    spec.network = os::NetworkMode::egress;
    spec.network_authority = places.authority;
    auto& environment = spec.command.environment;
    constexpr std::string_view bundle = "/run/hardshell/staged/certificates.pem";
    if (!places.authority.empty()) {
        for (const char* name :
             {"SSL_CERT_FILE", "CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "PIP_CERT", "GIT_SSL_CAINFO",
              "CARGO_HTTP_CAINFO", "NIX_SSL_CERT_FILE"}) {
            environment.push_back({name, std::string(bundle)});
        }
        environment.push_back({"NODE_EXTRA_CA_CERTS", "/run/hardshell/staged/authority.pem"});
    }
    for (const char* name : {"http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"}) {
        environment.push_back({name, "http://127.0.0.1:3128"});
    }
    for (const char* name : {"ALL_PROXY", "all_proxy"}) {
        environment.push_back({name, "socks5h://127.0.0.1:1080"});
    }
    for (const char* name : {"NO_PROXY", "no_proxy"}) {
        environment.push_back({name, "localhost,127.0.0.1,::1"});
    }
    std::size_t count = 0;
    for (const char* host : {"github.com", "gitlab.com", "bitbucket.org", "codeberg.org"}) {
        for (const char* form : {"git@{}:", "ssh://git@{}/"}) {
            environment.push_back({fmt::format("GIT_CONFIG_KEY_{}", count),
                                   fmt::format("url.https://{}/.insteadOf", host)});
            environment.push_back(
                {fmt::format("GIT_CONFIG_VALUE_{}", count), fmt::format(fmt::runtime(form), host)});
            ++count;
        }
    }
    environment.push_back({"GIT_CONFIG_COUNT", std::to_string(count)});
    environment.push_back({"GIT_TERMINAL_PROMPT", "0"});
    for (const auto& secret : places.secrets) {
        std::string name = "HARDSHELL_SECRET_";
        for (const char c : secret) {
            const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
            const bool plain = letter || (c >= '0' && c <= '9');
            name += !plain ? '_' : letter ? static_cast<char>(c & ~0x20) : c;
        }
        const auto same = [&](const os::EnvironmentEntry& entry) { return entry.name == name; };
        if (std::any_of(environment.begin(), environment.end(), same)) continue;
        environment.push_back({name, placeholder_of(secret)});
    }
}

void set_limits(os::Limits& limits, const policy::ProfileLimits& from, std::int64_t asked_wall_ms) {
    const auto unsigned_of = [](std::int64_t value) { return static_cast<std::uint64_t>(value); };
    limits.wall_ms = unsigned_of(from.wall_s) * 1000;
    if (asked_wall_ms > 0) limits.wall_ms = std::min(limits.wall_ms, unsigned_of(asked_wall_ms));
    limits.cpu_s = unsigned_of(from.cpu_s);
    limits.memory_bytes = unsigned_of(from.memory_mb) << 20U;
    limits.processes_max = static_cast<std::uint32_t>(from.processes);
    limits.file_bytes_max = unsigned_of(from.file_mb) << 20U;
    limits.open_files_max = static_cast<std::uint32_t>(from.open_files);
    limits.output_bytes_max = unsigned_of(from.output_kb) << 10U;
    limits.scratch_bytes_max = unsigned_of(from.scratch_mb) << 20U;
}

Result<> stage_scripts(os::LaunchSpec& spec, const RunCommand& command) {
    for (std::size_t i = 0; i < command.scripts.size(); ++i) {
        os::StagedFile staged;
        const std::string& path = command.scripts[i].path;
        staged.target = fmt::format("{}{}-{}", staged_folder, i, path.substr(path.rfind('/') + 1));
        staged.sha256 = TRY(sha256_from(command.scripts[i].sha256));
        // The operand that named the script names its staged copy instead.
        for (auto& argument : spec.command.argv) {
            if (argument == path) argument = staged.target;
        }
        spec.staged.push_back(std::move(staged));
    }
    return {};
}

}  // namespace

std::string placeholder_of(std::string_view secret) {
    return std::string(placeholder_mark) + std::string(secret);
}

Result<os::LaunchSpec> plan_launch(const RunCommand& command, const std::string& executable,
                                   const policy::Profile& profile, const LaunchPlaces& places) {
    os::LaunchSpec spec;
    spec.profile = profile.name;
    spec.command.executable = executable;
    spec.command.executable_sha256 = TRY(sha256_from(command.executable_sha256));
    spec.command.argv = command.argv;
    spec.command.working_directory = command.working_directory;
    spec.command.environment = {{"PATH", "/usr/local/bin:/usr/bin:/bin"},
                                {"HOME", std::string(home_inside)},
                                {"USER", "user"},
                                {"LANG", "C.UTF-8"},
                                {"TMPDIR", "/tmp"},
                                {"TERM", command.has_terminal ? "xterm-256color" : "dumb"}};
    if (command.has_terminal) spec.terminal = os::TerminalMode::own;
    if (profile.records) spec.attempts = os::AttemptRecord::kept;
    spec.mounts = os::system_mounts();
    add_project(spec, profile, places);
    if (executable == places.reader) {
        spec.mounts.push_back({executable, executable, os::MountAccess::read_only,
                               os::MountPresence::required, os::MountContent::system});
    }
    add_masks(spec, profile, places);
    if (profile.shows_toolchains) add_toolchains(spec, places);
    if (profile.network == policy::Network::egress) add_network(spec, places);
    set_limits(spec.limits, profile.limits, command.wall_ms);
    TRY(stage_scripts(spec, command));
    const std::string& cwd = spec.command.working_directory;
    const bool shown =
        std::any_of(spec.mounts.begin(), spec.mounts.end(),
                    [&](const os::Mount& mount) { return lies_in(cwd, mount.target); });
    if (!shown && !lies_in(cwd, "/tmp") && cwd != home_inside) {
        return fail(Code::denied, fmt::format("the sandbox profile {} does not show the folder {}; "
                                              "run the command in the project",
                                              profile.name, cwd));
    }
    TRY(os::validate(spec));
    return spec;
}

}  // namespace hs::gate
