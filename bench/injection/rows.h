// Rows: the policies that are compared, from none at all to the product's presets.
// Threads: values; a Row's snapshot is immutable.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "policy/load.h"

namespace hs::bench_injection {

enum class Planning : std::uint8_t { none, names, pins };
enum class Comparator : std::uint8_t { none, substring, camel };

struct Row {
    std::string name;  // "a", "b+", …, "work"
    std::string title;
    Planning planning = Planning::none;
    bool value_labels = true;  // of the content itself, else of the whole context
    Comparator comparator = Comparator::none;
    policy::SnapshotPointer policy;  // null for a comparator
    policy::UseCase use = policy::UseCase::personal_productivity;
};

// The rows of the ablation, each a small set of Cedar rules over the product's schema.
base::Result<std::vector<Row>> ablation_rows();
// A preset of the product, whole, without and with an oracle's plan.
base::Result<std::vector<Row>> preset_rows(const std::string& preset);

}  // namespace hs::bench_injection
