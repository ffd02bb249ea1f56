// Questions: finds out the facts of an action that hardshelld asks for, so that policy decides on
// what the keeper saw itself: the executable's bytes, the kind of the file, the zone of the host.
//
// What it does not protect from: a file that changes after this looked. Whoever acts checks hashes
// again and works through descriptors. Threads: one thread; the hash cache belongs to it.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "gate/action.h"
#include "gate/settings.h"
#include "policy/facts.h"
#include "policy/question.h"

namespace hs::gate {

// Where things are on this machine; does not change while the keeper runs.
struct MachinePlaces {
    std::string home;
    std::vector<std::string> own_folders;  // state, configuration, programs
    std::vector<std::string> roots;        // granted besides the project
    std::string reader;                    // our own program that reads rich formats
};

struct Asked {
    Action action;  // completed: with the executable's hash
    policy::Question question;
    std::string digest;
    std::string resolved_executable;  // of RunCommand
};

class Questions {
  public:
    static constexpr std::uint64_t executable_bytes_max = std::uint64_t{1} << 30U;

    Questions(const policy::FactTables& tables, const Settings& settings, MachinePlaces places)
        : tables_(tables), settings_(settings), places_(std::move(places)) {}

    // invalid_input or not_found when the action cannot be what it says: a path that is not
    // canonical, a program that is not there, a provider that is not configured.
    base::Result<Asked> ask(Action action, const Circumstances& circumstances);

  private:
    base::Result<policy::Surroundings> surroundings(const Circumstances& circumstances) const;
    base::Result<> fill(const ReadFile& action, Asked& asked, const policy::Surroundings& around);
    base::Result<> fill(const WriteFile& action, Asked& asked, const policy::Surroundings& around);
    base::Result<> fill(RunCommand& action, Asked& asked, const policy::Surroundings& around);
    base::Result<> fill(const SendHttp& action, Asked& asked);
    base::Result<> fill(const Infer& action, Asked& asked);
    base::Result<> fill(const ChangeSetting& action, Asked& asked);
    base::Result<std::string> hash_of(const std::string& path);

    struct Known {
        std::uint64_t device, inode, size_bytes;
        std::int64_t modified_ns, changed_ns;
        std::string sha256;
    };
    const policy::FactTables& tables_;  // outlives this
    const Settings& settings_;          // outlives this
    MachinePlaces places_;
    std::map<std::string, Known> hashes_;
};

}  // namespace hs::gate
