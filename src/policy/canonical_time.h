// Times and durations as policies and rule tables write them.
//
// What it is for: reading "2026-12-31T00:00:00Z", "2026-12-31" and "90d" into milliseconds.
// What it does not protect from: local time. A time without an offset is refused, a date is UTC.
// Sources: RFC 3339 (leap seconds refused); durations as Cedar's duration writes them.
// Threads: pure functions.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"

namespace hs::policy {

// RFC 3339 with Z or an offset, or a date alone (its first instant in UTC); years 1970 to 9999.
base::Result<base::WallTime_ms> parse_time(std::string_view text);

// Numbers with the units d h m s ms in this order, each once: "90d", "1h30m". Positive, at most
// ten years.
base::Result<std::int64_t> parse_duration_ms(std::string_view text);

}  // namespace hs::policy
