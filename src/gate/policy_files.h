// Policy files: where the files of a policy set lie on this machine, and every set that was ever in
// force, kept by its digest.
//
// What it is for: the keeper loads what is in force from here, the command line checks, tests and
// compares sets with the same functions, and replay finds the set of an old decision.
// What it does not protect from: whoever may write these folders as their owner. The digest of the
// set in force is in every record. Threads: pure functions over the file system.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "gate/settings.h"
#include "policy/load.h"

namespace hs::gate {

struct PolicyPlaces {
    std::string person;        // the person's own rules
    std::string organisation;  // the organisation's folder; empty: there is none
    std::string archive;       // kept sets; empty: none are kept
};

inline constexpr std::size_t policy_file_bytes_max = std::size_t{4} << 20U;
inline constexpr std::string_view system_organisation_folder = "/etc/hardshell";

// The organisation's folder: the system's own where it exists, else the one of the setting
// organisation.folder, else none.
std::string organisation_folder(const Settings& settings);

// One file, at most policy_file_bytes_max. The name of every mistake is its whole path.
base::Result<policy::NamedText> read_policy_file(const std::string& path);

// Adds the files of one folder, of its profiles/ and its tests/. A folder that is not there adds
// nothing; *.md and names that end in "~" are passed over, anything else that means nothing is an
// error.
base::Result<> add_policy_folder(policy::PolicySources& sources, policy::Layer layer,
                                 const std::string& folder);

// The preset, the organisation's policy/ with its team/ and project/, and the person's own rules.
base::Result<policy::PolicySources> collect_sources(const std::string& preset,
                                                    const PolicyPlaces& places);

// A set with the name that people use for it.
struct NamedSources {
    std::string name;
    policy::PolicySources sources;
};
// What a folder holds: where it has a builtin.cedar, every preset that it defines (the folder
// policies/ of the source); else one set, the preset with the folder's files as the person's own.
base::Result<std::vector<NamedSources>> sources_in(const std::string& folder,
                                                   const std::string& preset);

// The sets that were in force, in a folder: one manifest a set, each file once.
class PolicyArchive {
  public:
    explicit PolicyArchive(std::string folder) : folder_(std::move(folder)) {}
    // Keeps the set under its digest; nothing to do when it is there.
    base::Result<> keep(const policy::PolicySources& sources, const std::string& digest) const;
    // not_found when no such set was kept.
    base::Result<policy::PolicySources> find(const std::string& digest) const;

  private:
    std::string folder_;
};

// For policy::LoadOptions, with the present time.
policy::LoadOptions policy_load_options();

}  // namespace hs::gate
