// Whether the regular review is due, from the record.
// What it does not protect from: a review that nobody reads. Threads: pure over the log.
#pragma once

#include <optional>

#include "audit/read.h"
#include "insight/finding.h"

namespace hs::insight {

// When the last attestation, or without one the first record, is older than that. The finding is of
// the day on which it became due, so it is told once.
base::Result<std::optional<Finding>> review_due(audit::Reader& reader, std::int64_t every_days,
                                                base::WallTime_ms now_ms);

}  // namespace hs::insight
