// Who may approve, and how many it takes.
//
// What it is for: M-of-N approval and four eyes. A rule without @approvers and @quorum is satisfied
// by one consent of anybody who may approve at all, the person served included. With either of them
// the person served never counts, and each requirement needs so many different persons.
// What it does not protect from: an identity or a role that is not the person's. The keeper checks
// who consented; roles come from configuration.
// Threads: pure functions.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/clock.h"
#include "policy/question.h"
#include "policy/rule.h"

namespace hs::policy {

struct ApprovalRequirement {
    std::string rule;                    // the id of the rule that asks
    std::vector<std::string> approvers;  // roles or persons; empty: anybody
    std::uint32_t quorum = 1;
    bool excludes_requester = false;
    bool needs_code = false;  // a consent counts with a one-time code alone
    bool operator==(const ApprovalRequirement&) const = default;
};

ApprovalRequirement requirement_of(const Rule& rule);

// How many different persons among the consents count for the requirement now.
std::uint32_t count_for(const ApprovalRequirement& requirement, const Question& question);
// All requirements are met, and there is at least one consent in force.
bool is_approved(const std::vector<ApprovalRequirement>& requirements, const Question& question);
// May the person's consent count for the requirement, with a code where it needs one?
bool may_count(const ApprovalRequirement& requirement, const Question& question,
               const std::string& person, const std::vector<std::string>& roles);
// The same for at least one of the requirements.
bool may_approve(const std::vector<ApprovalRequirement>& requirements, const Question& question,
                 const std::string& person, const std::vector<std::string>& roles);
// "2 of security, platform; not alice": for people.
std::string describe(const ApprovalRequirement& requirement, const std::string& requester);

}  // namespace hs::policy
