// What a review looks at, for the reviews themselves and for the report of a leaver.
// Threads: one thread.
#pragma once

#include "hardshell/commands.h"

namespace hs::cli {

// {from, to, permissions {unused, wide}, exceptions, secrets, providers, assessments, changes,
// findings, usage, skills, memory, incidents} since --from, or over the last quarter.
base::Result<wire::Json> review_report(const Desk& desk);

}  // namespace hs::cli
