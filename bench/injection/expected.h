// The figures of the specification's own simulation (AgentDojo v1.2.2, no model), which the rows of
// the ablation must give exactly, and published results beside them. Threads: constants.
#pragma once

#include <array>
#include <span>
#include <string_view>

namespace hs::bench_injection {

// As printed in the specification: percent of tasks without an approval, of the writing ones,
// approvals a task (batched), attacks that ran whole of 929, percent with any call that ran.
struct ExpectedRow {
    std::string_view row;
    double untouched, writing, approvals, batched;
    int attacks_all;
    double any;
};
std::span<const ExpectedRow> expected_rows();

// For each suite (workspace, slack, banking, travel): percent without an approval, approvals a
// task, ASR-all and ASR-any in percent.
struct ExpectedSuites {
    std::string_view row;
    std::array<std::array<double, 4>, 4> suites;
};
std::span<const ExpectedSuites> expected_suites();
inline constexpr std::array<std::string_view, 4> suite_names = {"workspace", "slack", "banking",
                                                                "travel"};

struct Published {
    std::string_view defence, model, utility, asr, assumption;
};
std::span<const Published> published();

}  // namespace hs::bench_injection
