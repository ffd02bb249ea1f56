// Holds the labels that our rules give against the corpus' own list of them.
// Threads: pure functions.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "traces.h"

namespace hs::bench_injection {

struct LabelsCheck {
    std::int64_t steps = 0;
    std::vector<std::string> differences;
};
base::Result<LabelsCheck> check_labels(const std::vector<Suite>& suites,
                                       const wire::Json& expected);

}  // namespace hs::bench_injection
