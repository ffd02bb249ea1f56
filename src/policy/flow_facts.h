// Flow facts: what tracing found out about a call, in the words of the schema.
//
// What it does not protect from: an assessment of another call; make it for the very arguments that
// are asked about. Threads: pure functions.
#pragma once

#include "flow/assessment.h"
#include "policy/question.h"

namespace hs::policy {

FlowFacts flow_facts(const flow::Assessment& assessment);

}  // namespace hs::policy
