// Evidence: names of files that tell what a project is used for (policies/evidence.toml).
//
// What it is for: `hardshell project classify` suggests a class and names what it saw: a
// kubeconfig, a .env, customer exports, terraform state, private keys. What it does not protect
// from: a project whose files have innocent names. Only names are looked at, never contents.
// Threads: immutable after parse.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "policy/pattern.h"
#include "policy/words.h"
#include "wire/toml.h"

namespace hs::policy {

struct Finding {
    UseCase suggests = UseCase::unclassified;
    std::string because;            // "Terraform state: it describes running systems"
    std::vector<std::string> seen;  // relative paths, at most seen_max
};

class EvidenceTable {
  public:
    static constexpr std::size_t kinds_max = 200;
    static constexpr std::size_t seen_max = 5;

    // The embedded table.
    static const EvidenceTable& builtin();
    // [[evidence]] suggests, because, patterns. invalid_input names file and line.
    static base::Result<EvidenceTable> parse(const wire::TomlDocument& document,
                                             std::string_view file);

    // Paths relative to the project's folder, "/" between names. Riskiest first.
    std::vector<Finding> look(const std::vector<std::string>& paths) const;

  private:
    struct Kind {
        UseCase suggests = UseCase::unclassified;
        std::string because;
        std::vector<std::vector<NamePattern>> patterns;  // each the end of a path
    };
    static bool matches(const std::vector<NamePattern>& pattern,
                        const std::vector<std::string>& names);
    std::vector<Kind> kinds_;
};

// What a repository's configuration (.git/config) says of where it is published: open_source for a
// public forge, internal_repository for any other host, nothing without a remote.
std::vector<Finding> look_at_remotes(std::string_view git_config);

}  // namespace hs::policy
