// Lint: mistakes of a policy set that are valid Cedar.
//
// What it is for: errors reject a set - consent that would remove a permission, an exception
// without an end, an @expires that its condition does not keep. Warnings tell of rules that never
// decide: impossible, expired, twice the same, always overruled by a forbid, always covered by a
// permit. What it does not protect from: rules that are wrong in what they mean. Threads: pure
// functions.
#pragma once

#include <cstdint>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "base/clock.h"
#include "cedar/ast.h"
#include "policy/rule.h"

namespace hs::policy {

enum class Severity : std::uint8_t { warning, error };

struct LintFinding {
    Severity severity = Severity::warning;
    std::string rule;
    std::string message;  // with file and line
};

// `policies[i]` is the policy of `rules[i]`.
std::vector<LintFinding> lint(std::span<const cedar::Policy> policies, std::span<const Rule> rules,
                              base::WallTime_ms now_ms);

// Names of Hardshell::Exception that the forbids of the set speak of.
std::set<std::string> exception_names(std::span<const cedar::Policy> policies);

}  // namespace hs::policy
