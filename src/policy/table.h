// Policy tests: table files of action and expected outcome.
//
// What it is for: policies/tests/*.toml for ctest, `hardshell policy test` and every load. A file
// has one [given] table and [[case]] tables:
//
//     [[case]]
//     do = "run git status"       # the words of policy/trial.h
//     expect = "allow"            # allow, ask or deny
//     rule = "personal-inspect"   # optional: a rule that must have decided
//     sandbox = "read"            # optional: the profile that must hold
//
// and any key of [given] again, for this case only.
// What it does not protect from: cases nobody wrote.
// Threads: pure functions.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "policy/decide.h"

namespace hs::policy {

struct TableReport {
    std::size_t cases = 0;
    std::vector<std::string> failures;  // "file:line: action: expected ask, got deny (no permit)"
};

inline constexpr std::size_t table_cases_max = 10'000;

// invalid_input: the file itself is wrong (file and line).
base::Result<TableReport> run_table(const NamedText& file, const SnapshotPointer& snapshot);

}  // namespace hs::policy
