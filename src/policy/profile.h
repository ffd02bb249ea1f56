// Profile: what a sandbox shows a command and how much it may use, as plain data.
//
// What it is for: policies name a profile with @sandbox; the keeper turns profile and project into
// a launch specification. The files policies/profiles/*.toml are what people read. What it does not
// protect from: kernels. The launcher enforces; this only says what. Threads: values.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "policy/facts.h"

namespace hs::policy {

enum class Access : std::uint8_t { none, read, write };

struct ProfileLimits {
    std::int64_t wall_s = 60;
    std::int64_t cpu_s = 60;
    std::int64_t memory_mb = 512;
    std::int64_t processes = 64;
    std::int64_t file_mb = 64;
    std::int64_t open_files = 256;
    std::int64_t output_kb = 1024;
    std::int64_t scratch_mb = 64;
};

// How a sandbox of this profile reaches hosts. Each connection is decided by policy all the same.
enum class Network : std::uint8_t { none, egress };
enum class Inspect : std::uint8_t { needed, always };

struct ProfileConnections {
    std::int64_t open = 64;      // at once
    std::int64_t sent_mb = 256;  // of all connections together
    std::int64_t received_mb = 4096;
    // needed: TLS is looked into where a rule about methods, a credential or @egress asks for it.
    Inspect inspect = Inspect::needed;
};

struct Profile {
    std::string name;
    std::string purpose;
    std::int64_t rank = 0;            // the lower, the stricter: of several the lowest holds
    Access project = Access::none;    // the project's folder
    Access granted = Access::none;    // the other granted roots
    bool records = false;             // what a command asks the system for is told at its end
    bool shows_toolchains = false;    // programs of the person's own: rustup, nvm, pyenv …
    std::vector<std::string> system;  // folders of the system, read only
    std::vector<std::string>
        read_only_names;  // names in the project that stay read only (.git/hooks)
    std::vector<flow::DataClass> masked_classes;
    std::vector<std::string> masked_names;  // those of the classes and the profile's own
    std::vector<std::string> masked_ends;   // the same for patterns of several segments
    ProfileLimits limits;
    Network network = Network::none;
    ProfileConnections connections;
};

class ProfileTable {
  public:
    static constexpr std::size_t profiles_max = 64;

    // invalid_input names file and line; two profiles of one name or rank are refused.
    static base::Result<ProfileTable> parse(const std::vector<NamedText>& files,
                                            const PathClasses& classes);
    // The files below profiles/ of the embedded ones.
    static std::vector<NamedText> builtin_files();

    const Profile* find(std::string_view name) const;
    std::vector<std::string> names() const;
    const std::vector<Profile>& all() const { return profiles_; }

  private:
    std::vector<Profile> profiles_;
};

}  // namespace hs::policy
