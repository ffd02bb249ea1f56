// RuleUse: which rules of the policy in force granted what in a period, from the record.
//
// What it is for: a review: permissions that nobody used can go, and those that were used for few
// things can be narrower. What it does not protect from: a permission that is needed once a year;
// the review is a person's. Threads: pure over the log.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "audit/read.h"

namespace hs::insight {

struct RuleUse {
    std::uint64_t uses = 0;
    base::WallTime_ms last_ms = 0;
    struct Sample {
        std::uint64_t uses = 0;
        wire::Json question;  // as it was recorded
    };
    // Different actions, by effect and target; more than samples_max are only counted as uses.
    std::map<std::string, Sample> samples;

    static constexpr std::size_t samples_max = 20;
};

// By the rule's id, allowed decisions alone.
base::Result<std::map<std::string, RuleUse>> count_rule_use(audit::Reader& reader,
                                                            base::WallTime_ms from_ms);

}  // namespace hs::insight
