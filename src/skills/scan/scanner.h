// Scanner: a skill's folder in, findings and a verdict out. Pure: no network, no model, nothing
// run; the same folder always gives the same report.
//
// What it is for: `hardshell skill scan`, and every installation. What it does not protect from:
// malice that no rule describes, in plain words above all. It is a filter before people and before
// the sandbox, which is the wall. Threads: pure functions; Rules are immutable.
#pragma once

#include "base/result.h"
#include "skills/scan/finding.h"
#include "skills/scan/rules.h"
#include "skills/tree.h"

namespace hs::skills {

inline constexpr std::size_t findings_max = 500;

// `folder_name` is the name of the folder as it lies on disk, empty where there is none.
ScanReport scan(const Tree& tree, std::string_view folder_name, const Rules& rules);
// With the built-in rules.
base::Result<ScanReport> scan(const Tree& tree, std::string_view folder_name);

}  // namespace hs::skills
