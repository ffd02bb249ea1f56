#include "os/launch.h"

#include <set>

#include "base/pack.h"

namespace hs::os {
namespace {

using base::Code;
using base::fail;
using base::Packer;
using base::Result;
using base::Unpacker;

constexpr std::uint8_t format_version = 4;

base::Failure refuse(std::string_view field, std::string_view expected) {
    return fail(Code::invalid_input, "launch specification: " + std::string(field) + " must be " +
                                         std::string(expected));
}

Result<> check_path(std::string_view field, std::string_view path) {
    if (is_plain_absolute_path(path)) return {};
    return refuse(field, "an absolute path without empty, \".\" or \"..\" components");
}

bool is_name(std::string_view text, std::string_view extra) {
    if (text.empty() || text.size() > LaunchSpec::name_bytes_max) return false;
    return std::ranges::all_of(text, [&](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               extra.find(c) != std::string_view::npos;
    });
}

bool is_variable(std::string_view name) {
    return is_name(name, "_") && !(name.front() >= '0' && name.front() <= '9');
}

bool has_nul(std::string_view text) {
    return text.find('\0') != std::string_view::npos;
}

Result<> check_arguments(const Command& command) {
    if (command.argv.empty() || command.argv.size() > LaunchSpec::arguments_max) {
        return refuse("argv", "1 to 4096 arguments");
    }
    std::size_t total = 0;
    for (const auto& argument : command.argv) {
        total += argument.size() + 1;
        if (has_nul(argument) || argument.size() > LaunchSpec::argument_bytes_max) {
            return refuse("argv", "text without NUL of at most 131071 bytes each");
        }
    }
    if (command.environment.size() > LaunchSpec::environment_max) {
        return refuse("environment", "at most 512 variables");
    }
    std::set<std::string_view> names;
    for (const auto& [name, value] : command.environment) {
        total += name.size() + value.size() + 2;
        if (!is_variable(name)) return refuse("environment", "named [A-Za-z_][A-Za-z0-9_]*");
        if (!names.insert(name).second) return refuse("environment", "free of repeated names");
        if (has_nul(value) || name.size() + value.size() + 1 > LaunchSpec::argument_bytes_max) {
            return refuse("environment", "text without NUL of at most 131071 bytes each");
        }
    }
    if (total > LaunchSpec::arguments_bytes_max) {
        return refuse("argv and environment", "at most 1 MiB together");
    }
    return {};
}

Result<> check_mounts(const LaunchSpec& spec) {
    if (spec.mounts.size() > LaunchSpec::mounts_max) return refuse("mounts", "at most 128");
    std::set<std::string_view> targets;
    for (const Mount& mount : spec.mounts) {
        TRY(check_path("mount source", mount.source));
        TRY(check_path("mount target", mount.target));
        if (mount.target == "/") return refuse("mount target", "below the root");
        if (!targets.insert(mount.target).second) {
            return refuse("mounts", "at different targets; " + mount.target + " stands twice");
        }
    }
    return {};
}

Result<> check_masks(const Masks& masks) {
    if (masks.paths.size() + masks.name_patterns.size() > LaunchSpec::masks_max) {
        return refuse("masks", "at most 1024");
    }
    for (const auto& path : masks.paths) {
        TRY(check_path("mask", path));
        if (path == "/") return refuse("mask", "below the root");
    }
    for (const auto& pattern : masks.name_patterns) {
        const bool plain = !has_nul(pattern) && pattern.find('/') == std::string::npos;
        if (pattern.empty() || pattern.size() > LaunchSpec::name_bytes_max || !plain ||
            pattern.find_first_not_of('*') == std::string::npos) {
            return refuse("mask by name", "a pattern of one file name that is not only \"*\"");
        }
    }
    return {};
}

template <class Number>
Result<> check_range(std::string_view field, Number value, Number least, Number most) {
    if (value >= least && value <= most) return {};
    return refuse(field, "from " + std::to_string(least) + " to " + std::to_string(most));
}

Result<> check_limits(const Limits& limits) {
    constexpr std::uint64_t one = 1;
    constexpr std::uint64_t most = LaunchSpec::bytes_ceiling;
    TRY(check_range("wall_ms", limits.wall_ms, one, LaunchSpec::wall_ms_max));
    TRY(check_range("cpu_s", limits.cpu_s, one, LaunchSpec::wall_ms_max));
    TRY(check_range("memory_bytes", limits.memory_bytes, std::uint64_t{1} << 20U, most));
    TRY(check_range("processes_max", limits.processes_max, 1U, LaunchSpec::processes_ceiling));
    TRY(check_range("file_bytes_max", limits.file_bytes_max, one, most));
    TRY(check_range("open_files_max", limits.open_files_max, 8U, LaunchSpec::open_files_ceiling));
    TRY(check_range("output_bytes_max", limits.output_bytes_max, one, most));
    TRY(check_range("scratch_bytes_max", limits.scratch_bytes_max, std::uint64_t{65536}, most));
    return {};
}

Result<> check_network(const LaunchSpec& spec) {
    if (spec.network_authority.empty()) return {};
    if (spec.network == NetworkMode::none) {
        return refuse("network authority", "empty where there is no network");
    }
    if (spec.network_authority.size() > LaunchSpec::authority_bytes_max ||
        !spec.network_authority.starts_with("-----BEGIN CERTIFICATE-----\n") ||
        has_nul(spec.network_authority)) {
        return refuse("network authority", "one PEM certificate of at most 16 KiB");
    }
    return {};
}

Result<> check_staged(const std::vector<StagedFile>& staged) {
    if (staged.size() > LaunchSpec::staged_max) return refuse("staged files", "at most 8");
    std::set<std::string_view> targets;
    for (const StagedFile& file : staged) {
        TRY(check_path("staged file", file.target));
        if (!targets.insert(file.target).second) {
            return refuse("staged files", "at different targets");
        }
    }
    return {};
}

void put_digest(Packer& out, const Sha256Bytes& digest) {
    for (const std::uint8_t byte : digest) out.u8(byte);
}
Result<Sha256Bytes> get_digest(Unpacker& in) {
    Sha256Bytes digest{};
    for (std::uint8_t& byte : digest) byte = TRY(in.u8());
    return digest;
}

template <class Choice>
Result<Choice> get_choice(Unpacker& in, std::uint8_t last) {
    const std::uint8_t value = TRY(in.u8());
    if (value > last) return fail(Code::corrupt, "launch specification: a value of no meaning");
    return static_cast<Choice>(value);
}

void put_text(Packer& out, const std::string& text) {
    out.text(text);
}
Result<std::string> get_text(Unpacker& in) {
    return in.text();
}

void put_command(Packer& out, const Command& command) {
    out.text(command.executable);
    put_digest(out, command.executable_sha256);
    out.list(command.argv, put_text);
    out.text(command.working_directory);
    out.list(command.environment, [](Packer& to, const EnvironmentEntry& entry) {
        to.text(entry.name);
        to.text(entry.value);
    });
}
Result<Command> get_command(Unpacker& in) {
    Command command;
    command.executable = TRY(in.text());
    command.executable_sha256 = TRY(get_digest(in));
    command.argv = TRY(in.list<std::string>(get_text));
    command.working_directory = TRY(in.text());
    const auto get = [](Unpacker& from) -> Result<EnvironmentEntry> {
        EnvironmentEntry entry;
        entry.name = TRY(from.text());
        entry.value = TRY(from.text());
        return entry;
    };
    command.environment = TRY(in.list<EnvironmentEntry>(get));
    return command;
}

void put_mount(Packer& out, const Mount& mount) {
    out.text(mount.source);
    out.text(mount.target);
    out.u8(static_cast<std::uint8_t>(mount.access));
    out.u8(static_cast<std::uint8_t>(mount.presence));
    out.u8(static_cast<std::uint8_t>(mount.content));
}
Result<Mount> get_mount(Unpacker& in) {
    Mount mount;
    mount.source = TRY(in.text());
    mount.target = TRY(in.text());
    mount.access = TRY(get_choice<MountAccess>(in, 1));
    mount.presence = TRY(get_choice<MountPresence>(in, 1));
    mount.content = TRY(get_choice<MountContent>(in, 1));
    return mount;
}

void put_limits(Packer& out, const Limits& limits) {
    out.u64(limits.wall_ms);
    out.u64(limits.cpu_s);
    out.u64(limits.memory_bytes);
    out.u32(limits.processes_max);
    out.u64(limits.file_bytes_max);
    out.u32(limits.open_files_max);
    out.u64(limits.output_bytes_max);
    out.u64(limits.scratch_bytes_max);
}
Result<Limits> get_limits(Unpacker& in) {
    Limits limits;
    limits.wall_ms = TRY(in.u64());
    limits.cpu_s = TRY(in.u64());
    limits.memory_bytes = TRY(in.u64());
    limits.processes_max = TRY(in.u32());
    limits.file_bytes_max = TRY(in.u64());
    limits.open_files_max = TRY(in.u32());
    limits.output_bytes_max = TRY(in.u64());
    limits.scratch_bytes_max = TRY(in.u64());
    return limits;
}

void put_staged(Packer& out, const StagedFile& file) {
    out.text(file.target);
    put_digest(out, file.sha256);
    out.u8(static_cast<std::uint8_t>(file.form));
}
Result<StagedFile> get_staged(Unpacker& in) {
    StagedFile file;
    file.target = TRY(in.text());
    file.sha256 = TRY(get_digest(in));
    file.form = TRY(get_choice<StagedForm>(in, 1));
    return file;
}

}  // namespace

bool is_plain_absolute_path(std::string_view path) {
    if (path.empty() || path.front() != '/' || path.size() > LaunchSpec::path_bytes_max) {
        return false;
    }
    if (has_nul(path)) return false;
    if (path == "/") return true;
    std::string_view left = path;
    while (!left.empty()) {
        left.remove_prefix(1);
        const std::string_view part = left.substr(0, left.find('/'));
        if (part.empty() || part == "." || part == ".." ||
            part.size() > LaunchSpec::name_bytes_max) {
            return false;
        }
        left.remove_prefix(part.size());
    }
    return true;
}

Result<> validate(const LaunchSpec& spec) {
    if (!is_name(spec.profile, "-_.:")) return refuse("profile", "a name of letters, digits, -_.:");
    if (!is_name(spec.hostname, "-") || spec.hostname.size() > 63) {
        return refuse("hostname", "at most 63 letters, digits and hyphens");
    }
    TRY(check_path("executable", spec.command.executable));
    TRY(check_path("working directory", spec.command.working_directory));
    TRY(check_arguments(spec.command));
    TRY(check_mounts(spec));
    TRY(check_masks(spec.masks));
    TRY(check_limits(spec.limits));
    TRY(check_staged(spec.staged));
    TRY(check_network(spec));
    if (spec.identity.user == 0 || spec.identity.group == 0 || spec.identity.user == UINT32_MAX ||
        spec.identity.group == UINT32_MAX) {
        return refuse("identity", "an ordinary user and group, never root");
    }
    return {};
}

Result<base::Bytes> pack_launch_spec(const LaunchSpec& spec) {
    TRY(validate(spec));
    Packer out;
    out.u8(format_version);
    out.text(spec.profile);
    put_command(out, spec.command);
    out.list(spec.mounts, put_mount);
    out.list(spec.masks.paths, put_text);
    out.list(spec.masks.name_patterns, put_text);
    put_limits(out, spec.limits);
    out.u8(static_cast<std::uint8_t>(spec.network));
    out.text(spec.network_authority);
    out.u8(static_cast<std::uint8_t>(spec.terminal));
    out.u8(static_cast<std::uint8_t>(spec.attempts));
    out.text(spec.hostname);
    out.u32(spec.identity.user);
    out.u32(spec.identity.group);
    out.list(spec.staged, put_staged);
    if (out.view().size() > LaunchSpec::packed_bytes_max) {
        return refuse("the whole", "at most 4 MiB");
    }
    return std::move(out).take();
}

Result<LaunchSpec> unpack_launch_spec(base::ByteView bytes) {
    if (bytes.size() > LaunchSpec::packed_bytes_max) return refuse("the whole", "at most 4 MiB");
    Unpacker in(bytes);
    if (TRY(in.u8()) != format_version) {
        return fail(Code::corrupt, "launch specification: of another version than 4");
    }
    LaunchSpec spec;
    spec.profile = TRY(in.text());
    spec.command = TRY(get_command(in));
    spec.mounts = TRY(in.list<Mount>(get_mount));
    spec.masks.paths = TRY(in.list<std::string>(get_text));
    spec.masks.name_patterns = TRY(in.list<std::string>(get_text));
    spec.limits = TRY(get_limits(in));
    spec.network = TRY(get_choice<NetworkMode>(in, 1));
    spec.network_authority = TRY(in.text());
    spec.terminal = TRY(get_choice<TerminalMode>(in, 1));
    spec.attempts = TRY(get_choice<AttemptRecord>(in, 1));
    spec.hostname = TRY(in.text());
    spec.identity.user = TRY(in.u32());
    spec.identity.group = TRY(in.u32());
    spec.staged = TRY(in.list<StagedFile>(get_staged));
    TRY(in.finish());
    TRY(validate(spec));
    return spec;
}

std::vector<Mount> system_mounts() {
    std::vector<Mount> mounts;
    const auto add = [&](const char* path, MountPresence presence) {
        mounts.push_back({path, path, MountAccess::read_only, presence, MountContent::system});
    };
    add("/usr", MountPresence::required);
    for (const char* path : {"/bin",
                             "/sbin",
                             "/lib",
                             "/lib32",
                             "/lib64",
                             "/libx32",
                             "/opt",
                             "/etc/alternatives",
                             "/etc/ssl/certs",
                             "/etc/ssl/openssl.cnf",
                             "/etc/ld.so.cache",
                             "/etc/localtime",
                             "/etc/os-release",
                             "/etc/mime.types",
                             "/etc/protocols",
                             "/etc/services",
                             "/etc/fonts",
                             "/etc/chromium",
                             "/etc/chromium.d",
                             "/etc/java-11-openjdk",
                             "/etc/java-17-openjdk",
                             "/etc/java-21-openjdk"}) {
        add(path, MountPresence::optional);
    }
    return mounts;
}

}  // namespace hs::os
