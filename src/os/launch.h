// LaunchSpec: everything that a sandboxed command is given, as plain data.
//
// The keeper builds it from a profile and a decision; the SHA-256 of its packed bytes is what a
// launch Ticket covers; the launcher builds the sandbox from those same bytes and from nothing
// else. docs/formats/launch-spec.md has the bytes.
// What it does not protect from: a generous specification. validate() bounds counts, lengths and
// shapes; what may be granted is policy's business.
// Threads: values and pure functions.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

namespace hs::os {

using Sha256Bytes = std::array<std::uint8_t, 32>;

struct EnvironmentEntry {
    std::string name;
    std::string value;
    bool operator==(const EnvironmentEntry&) const = default;
};

// What runs. Paths are those inside the sandbox.
struct Command {
    std::string executable;  // absolute
    Sha256Bytes executable_sha256{};
    std::vector<std::string> argv;  // with argv[0]
    std::string working_directory;  // absolute
    std::vector<EnvironmentEntry> environment;
    bool operator==(const Command&) const = default;
};

enum class MountAccess : std::uint8_t { read_only = 0, read_write = 1 };
enum class MountPresence : std::uint8_t { required = 0, optional = 1 };
// Masks by name are looked for in personal trees only: the system has no secrets of the person.
enum class MountContent : std::uint8_t { system = 0, personal = 1 };

// One tree or file of the host, shown at a place of the sandbox. The source is canonical: a
// symbolic link on the way to it is refused, and one in the last place is copied as a link.
struct Mount {
    std::string source;
    std::string target;
    MountAccess access = MountAccess::read_only;
    MountPresence presence = MountPresence::required;
    MountContent content = MountContent::system;
    bool operator==(const Mount&) const = default;
};

// What is made unreadable inside personal mounts and by exact path. A name pattern holds for the
// last component alone; `*` stands for any characters, `?` for one.
struct Masks {
    std::vector<std::string> paths;
    std::vector<std::string> name_patterns;
    bool operator==(const Masks&) const = default;
};

struct Limits {
    std::uint64_t wall_ms = 120'000;
    std::uint64_t cpu_s = 120;  // of each process
    std::uint64_t memory_bytes = std::uint64_t{2} << 30U;
    std::uint32_t processes_max = 256;
    std::uint64_t file_bytes_max = std::uint64_t{1} << 30U;
    std::uint32_t open_files_max = 1024;
    std::uint64_t output_bytes_max = std::uint64_t{64} << 20U;  // counted by who reads the output
    std::uint64_t scratch_bytes_max = std::uint64_t{512}
                                      << 20U;  // /tmp, HOME and /dev/shm together
    bool operator==(const Limits&) const = default;
};

// egress: connections, names and proxies of the sandbox's own network namespace are answered by
// listeners that egress holds; every connection is decided there. Nothing else is reachable.
enum class NetworkMode : std::uint8_t { none = 0, egress = 1 };

// A terminal of its own, made inside the sandbox: its other end goes to who asked for the run.
enum class TerminalMode : std::uint8_t { none = 0, own = 1 };

// kept: what the command asks the system for (files, programs, hosts) comes back with its outcome.
enum class AttemptRecord : std::uint8_t { none = 0, kept = 1 };

// The unprivileged user of the host that the command becomes when root runs the launcher and the
// working directory does not belong to another ordinary user.
struct HostIdentity {
    std::uint32_t user = 65534;
    std::uint32_t group = 65534;
    bool operator==(const HostIdentity&) const = default;
};

// folder: the bytes are a folder's files, packed as os/staged_folder.h says, and come out below
// `target`.
enum class StagedForm : std::uint8_t { file = 0, folder = 1 };

// A file whose bytes travel with the request, as the descriptor of the same position after the
// three of standard input, output and error. It lands read-only at `target`.
struct StagedFile {
    std::string target;
    Sha256Bytes sha256{};
    StagedForm form = StagedForm::file;
    bool operator==(const StagedFile&) const = default;
};

struct LaunchSpec {
    static constexpr std::uint8_t ticket_kind = 1;  // crypto::Ticket::kind of a launch
    static constexpr std::size_t path_bytes_max = 4000;
    static constexpr std::size_t name_bytes_max = 255;
    static constexpr std::size_t arguments_max = 4096;
    static constexpr std::size_t argument_bytes_max = 128 * 1024 - 1;  // execve(2): MAX_ARG_STRLEN
    static constexpr std::size_t arguments_bytes_max = 1024 * 1024;    // argv and environment
    static constexpr std::size_t environment_max = 512;
    static constexpr std::size_t mounts_max = 128;
    static constexpr std::size_t masks_max = 1024;
    static constexpr std::size_t staged_max = 8;
    static constexpr std::size_t authority_bytes_max = std::size_t{16} << 10U;
    static constexpr std::uint64_t staged_bytes_max = std::uint64_t{16} << 20U;  // all together
    static constexpr std::size_t packed_bytes_max = std::size_t{4} << 20U;
    static constexpr std::uint64_t wall_ms_max = std::uint64_t{7} * 24 * 3600 * 1000;
    static constexpr std::uint32_t processes_ceiling = 32768;
    static constexpr std::uint32_t open_files_ceiling = 1U << 20U;
    static constexpr std::uint64_t bytes_ceiling = std::uint64_t{1} << 46U;

    std::string profile;
    Command command;
    std::vector<Mount> mounts;
    Masks masks;
    Limits limits;
    NetworkMode network = NetworkMode::none;
    // PEM of the authority with which egress looks into this sandbox's connections; it is added to
    // the certificates that programs trust there. Empty for none.
    std::string network_authority;
    TerminalMode terminal = TerminalMode::none;
    AttemptRecord attempts = AttemptRecord::none;
    std::string hostname = "sandbox";
    HostIdentity identity;
    std::vector<StagedFile> staged;
    bool operator==(const LaunchSpec&) const = default;
};

// invalid_input with the field's name when a bound or a shape does not hold: paths absolute and
// without "", "." and ".." components, no NUL anywhere, names of variables [A-Za-z_][A-Za-z0-9_]*
// and not twice, no target twice, limits above zero and below their ceilings, identity not root,
// an authority only where there is a network.
base::Result<> validate(const LaunchSpec& spec);

// The one byte form of a valid specification; invalid_input as validate() says.
base::Result<base::Bytes> pack_launch_spec(const LaunchSpec& spec);
// Reads and validates; corrupt for malformed bytes or an unknown version.
base::Result<LaunchSpec> unpack_launch_spec(base::ByteView bytes);

// Absolute, at most path_bytes_max bytes, no NUL, no "", "." or ".." component; "/" is accepted.
bool is_plain_absolute_path(std::string_view path);

// The read-only system that every profile of ours starts from: programs, libraries, certificates
// and the few files of /etc that programs need to run and that hold nothing personal.
std::vector<Mount> system_mounts();

}  // namespace hs::os
