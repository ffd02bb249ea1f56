// Times as a person writes them: a day, a moment in UTC, or how long ago.
// Threads: pure functions.
#pragma once

#include <string_view>

#include "base/clock.h"
#include "base/result.h"

namespace hs::cli {

// "2026-11-22", "2026-11-22T09:30", "2026-11-22T09:30:15Z", or "90s", "30m", "24h", "7d", "4w"
// before now. invalid_input shows the forms.
base::Result<base::WallTime_ms> parse_when(std::string_view text, base::WallTime_ms now_ms);

}  // namespace hs::cli
