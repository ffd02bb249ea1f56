// Plan verbs: hardshelld tells what the assistant plans, and that the person has said something
// new. Both are on record before they count.
// Threads: the keeper's.
#pragma once

#include "audit/log.h"
#include "base/clock.h"
#include "gate/keeper.h"
#include "gate/plan_book.h"

namespace hs::gate {

struct PlanParts {
    PlanBook& book;
    audit::Log& log;
    const base::Clock& clock;
    base::Random& random;
};

// "plan.declare" {circumstances, calls: [{tool, arguments}]} → {id}; "plan.end" {session} →
// {held}. The parts outlive the keeper.
void add_plan_verbs(Keeper& keeper, const PlanParts& parts);

}  // namespace hs::gate
