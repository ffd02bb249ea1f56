// Tiers: the whole policy as tables that a person without Cedar can read.
//
// What it is for: every cell is the outcome of a real decision on a typical question, so that the
// table cannot say what the policy does not do.
// What it does not protect from: questions that are not typical; use `hardshell policy try`.
// Threads: pure functions.
#pragma once

#include <string>
#include <vector>

#include "policy/decide.h"
#include "wire/json.h"

namespace hs::policy {

struct TierRow {
    std::string name;               // "internal_repository"
    std::string title;              // "internal repositories"
    std::string verdict;            // "permitted", "needs approval", "prohibited"
    std::vector<Outcome> outcomes;  // one for each column
    std::string rule;               // of the first outcome that is not allow, or of the first one
};

struct TierTable {
    std::string title;
    std::vector<std::string> columns;
    std::vector<TierRow> rows;
};

// Use cases, zones, data classes, trust tiers, commands.
std::vector<TierTable> tiers(const SnapshotPointer& snapshot, base::WallTime_ms now_ms);

// The first of it in one look: which uses of projects are permitted, need approval or are
// prohibited, and which zones are blocked. What no rule permits is denied.
struct Overview {
    std::vector<std::string> permitted, needs_approval, prohibited, blocked_zones;
};
Overview overview(const std::vector<TierTable>& tables);

wire::Json to_json(const TierTable& table);
wire::Json to_json(const Overview& overview);

// Every rule of the snapshot: id, layer, effect, its words, who may approve, its end.
struct RuleRow {
    std::string id;
    std::string layer;
    std::string effect;
    std::string words;
    std::string approvers;
    std::string until;
};
std::vector<RuleRow> rule_rows(const SnapshotPointer& snapshot);

// For a terminal of 80 columns or more.
std::string to_text(const std::vector<TierTable>& tables);
std::string to_text(const Overview& overview);

}  // namespace hs::policy
