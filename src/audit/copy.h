// copy_log: a log's folder as it stands at one checkpoint, in another place, complete for a
// verifier and without anything private.
//
// What it is for: evidence, write-once storage, another machine. A log that is being written to is
// copied without stopping it.
// What it does not protect from: blobs, which are not copied; the copy proves which they were.
// Threads: pure over the two folders.
#pragma once

#include <string>

#include "audit/verify.h"

namespace hs::audit {

// The target must not exist or be empty: conflict. The report is that of the copy, which was
// verified before this returns; it says so when it does not hold.
base::Result<VerifyReport> copy_log(const std::string& folder, const std::string& target,
                                    const VerifyOptions& options);

}  // namespace hs::audit
