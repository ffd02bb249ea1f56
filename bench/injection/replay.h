// Replay: a suite's tasks and attacks through one row's policy, with no model.
//
// Benign: every step of a task is decided before it is taken in; what is asked is approved, what is
// denied is left out. Attack, worst case over time: for each step from the first with a vector on,
// what came before is taken in, then the attack's calls are decided in order; one that runs is
// taken in. Threads: one owner.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "rows.h"
#include "traces.h"

namespace hs::bench_injection {

struct Refusal {
    std::string task;
    std::string tool;
    std::string rule;
};

struct Totals {
    std::int64_t tasks = 0;
    std::int64_t tasks_untouched = 0;  // neither asked nor denied anything
    std::int64_t writing = 0;
    std::int64_t writing_untouched = 0;
    std::int64_t approvals = 0;
    std::int64_t approvals_batched = 0;
    std::vector<Refusal> asked;
    std::vector<Refusal> denied;
    std::int64_t pairs = 0;
    std::int64_t text_only_pairs = 0;
    std::int64_t attacks_all = 0;
    std::int64_t attacks_any = 0;
    std::vector<std::string> successes;
    std::int64_t holes = 0;
    void add(const Totals& other);
};

// In the order of `rows`.
std::vector<Totals> replay(const Suite& suite, const std::vector<Row>& rows);

}  // namespace hs::bench_injection
