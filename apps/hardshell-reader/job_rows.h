// JobRows: the scheduled jobs in the database that newer versions of OpenClaw keep
// (state/openclaw.sqlite, table cron_jobs, column job_json), as one JSON object.
//
// What it is for: `hardshell import openclaw`, which reads no stranger's database in its own
// process. What it does not protect from: faults of SQLite; this program runs in a sandbox without
// a network. What only the write-ahead log beside the file has is not seen. Threads: one.
#pragma once

#include <string>

#include "base/bytes.h"
#include "base/result.h"

namespace hs::reader {

inline constexpr std::size_t database_bytes_max = std::size_t{64} << 20U;
inline constexpr std::size_t jobs_max = 500;

// {"jobs": [...]}; invalid_input for what is no such database, exhausted beyond the bounds.
base::Result<std::string> job_rows(base::Bytes database);

}  // namespace hs::reader
