// Permissions: what a skill asks for in `metadata.hardshell` of its SKILL.md, as typed data.
//
// What it is for: what a skill may do is this, cut by policy and by the person's rights. Absent
// means nothing: a skill without a manifest has an empty one.
// What it does not protect from: asking for much; reviewers see it, policy cuts it.
// Threads: values.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "flow/label.h"
#include "wire/json.h"

namespace hs::skills {

struct HostPermission {
    std::string host;  // canonical, or "*.suffix"
    std::uint16_t port = 443;
    std::vector<std::string> methods;  // upper case; never empty

    bool operator==(const HostPermission&) const = default;
};

enum class MemoryUse : std::uint8_t { none, recall, remember };  // remember includes recall

struct Permissions {
    // "project", "project/FOLDER", "skill" (its own folder) or "~/FOLDER"; no patterns.
    std::vector<std::string> read;
    std::vector<std::string> write;
    std::vector<std::string> executables;  // names without a path: git, jq
    std::vector<HostPermission> hosts;
    std::vector<std::string> secrets;  // names in the secret store
    std::vector<std::string> tools;    // names of Hardshell's tools: files_read, shell_run
    MemoryUse memory = MemoryUse::none;

    bool operator==(const Permissions&) const = default;
    bool empty() const { return *this == Permissions{}; }
    // Touches authentication, the network or files beyond the project to read: such a skill is
    // reviewed by somebody with the security role.
    bool needs_security_review() const;
};

struct Manifest {
    Permissions permissions;
    bool no_memory = false;                     // nothing of its turns is remembered
    std::vector<flow::DataClass> data_classes;  // what it may be shown; empty: public only

    bool operator==(const Manifest&) const = default;
};

// From `metadata.hardshell`: a mapping, or text that holds it as JSON (the standard's values are
// text). Unknown keys are refused: a permission that is misspelled must not be silently absent.
base::Result<Manifest> manifest_from_json(const wire::Json& json);
wire::Json to_json(const Manifest& manifest);
// The YAML to paste into SKILL.md's front matter.
std::string yaml_of(const Manifest& manifest);
// What `wider` has and `narrower` has not, one line each ("host api.github.com GET"), and so also
// the difference between two versions.
std::vector<std::string> beyond(const Permissions& wider, const Permissions& narrower);
// One line each: all of it.
std::vector<std::string> lines_of(const Permissions& permissions);

}  // namespace hs::skills
