// Loading policy: parse, check annotations, validate, lint, test, and only then take effect.
//
// What it is for: a set that is not valid in every part never decides anything. What is in force
// stays in force until a whole new set has passed, so a half-written file never takes effect; with
// no valid set at all the built-in locked one holds. What it does not protect from: a valid set
// that grants too much. Review `hardshell policy tiers`. Threads: load() is pure; ActivePolicy is
// safe from any thread.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/guarded.h"
#include "base/result.h"
#include "policy/snapshot.h"

namespace hs::policy {

enum class RuleKind : std::uint8_t { rules, ceiling };

struct PolicyFile {
    Layer layer = Layer::person;
    RuleKind kind = RuleKind::rules;
    NamedText text;
};

struct PolicySources {
    std::vector<PolicyFile> files;
    NamedText tools;                    // empty: the built-in table
    NamedText classes;                  // empty: the built-in table
    std::vector<NamedText> zones;       // in addition to the built-in ones
    std::vector<NamedText> profiles;    // in addition to the built-in ones
    std::vector<NamedText> exceptions;  // together
    std::vector<NamedText> tests;
};

inline constexpr std::size_t policy_files_max = 1'000;
inline constexpr std::size_t policy_rules_max = 12'000;                  // of one set
inline constexpr std::size_t policy_bytes_max = std::size_t{16} << 20U;  // of all files together

// The built-in prohibitions and one preset: "personal", "work", "locked" or "enterprise".
// not_found names the presets that exist.
base::Result<PolicySources> preset_sources(std::string_view preset);
std::vector<std::string> preset_names();

// Sorts a file of a policy folder into the sources by its name: "*.ceiling.cedar", "*.cedar",
// "tools.toml", "classes.toml", "zones.toml", "exceptions.toml", "profiles/*.toml", "tests/*.toml".
// Tables are taken from the organisation's layer only. A project's policy lies in Hardshell's
// configuration, never among the project's own files, which strangers may have written.
// invalid_input: a file that means nothing here.
base::Result<> add_file(PolicySources& sources, Layer layer, NamedText file);

// SHA-256 of the bytes; the caller has the one of `crypto`.
using Sha256 = std::array<std::uint8_t, 32> (*)(base::ByteView);

struct LoadOptions {
    Sha256 sha256 = nullptr;
    base::WallTime_ms now_ms = 0;
    std::uint64_t generation = 1;
};

// invalid_input: every mistake that was found, one a line, each with file and place. The order of
// the files does not matter.
base::Result<SnapshotPointer> load(const PolicySources& sources, const LoadOptions& options);

// The snapshot in force.
class ActivePolicy {
  public:
    // Starts with the built-in locked set.
    explicit ActivePolicy(const LoadOptions& options);

    SnapshotPointer current() const;
    // Replaces the current snapshot by the next generation, or says why not and changes nothing.
    base::Result<SnapshotPointer> replace(const PolicySources& sources, base::WallTime_ms now_ms);

  private:
    Sha256 sha256_;
    base::Guarded<SnapshotPointer> current_;
};

}  // namespace hs::policy
