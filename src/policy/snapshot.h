// PolicySnapshot: everything that decisions are made from, validated, at one moment, immutable.
//
// What it is for: decisions, explanations and records name one generation of policy. Snapshots are
// made by load() (policy/load.h) only and shared; a reload makes a new one and the old one lives on
// for whoever still holds it.
// What it does not protect from: a snapshot that is held for too long; ask ActivePolicy for the
// current one each time.
// Threads: immutable.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cedar/authorizer.h"
#include "cedar/schema.h"
#include "policy/exceptions.h"
#include "policy/facts.h"
#include "policy/lint.h"
#include "policy/profile.h"
#include "policy/rule.h"

namespace hs::policy {

// One evaluable set with the rule of each of its policies.
struct RuleSet {
    cedar::Authorizer authorizer;
    std::vector<Rule> rules;  // by cedar::PolicyIndex
};

struct PolicySnapshot {
    std::uint64_t generation = 0;
    std::string digest;  // lower-case hex SHA-256 over all sources
    std::shared_ptr<const cedar::Schema> schema;
    cedar::EntityStore resident;  // the actions and their groups
    std::shared_ptr<const RuleSet> rules;
    // What lower layers can grant at most; null: whatever they like.
    std::array<std::shared_ptr<const RuleSet>, layer_count> ceilings;
    FactTables facts;
    ProfileTable profiles;
    ExceptionTable exceptions;
    std::vector<LintFinding> warnings;
};
using SnapshotPointer = std::shared_ptr<const PolicySnapshot>;

}  // namespace hs::policy
