// One-time codes: HOTP (RFC 4226) and TOTP (RFC 6238) with HMAC-SHA-1, as authenticators make them.
//
// What it does not protect from: a code that is used twice or guessed; whoever checks codes counts
// and remembers (gate/second_factor.h). Threads: pure functions.
#pragma once

#include <cstdint>
#include <string>

#include "base/bytes.h"
#include "base/clock.h"

namespace hs::crypto {

inline constexpr std::int64_t code_step_ms = 30'000;

// HMAC-SHA-1 (RFC 2104), for this alone.
base::Bytes hmac_sha1(base::ByteView key, base::ByteView bytes);
// The code of a counter: so many decimal digits, 6 to 8.
std::string one_time_code(base::ByteView key, std::uint64_t counter, int digits = 6);
// The counter of a time: steps of 30 seconds since 1970.
std::uint64_t code_step(base::WallTime_ms at_ms);

}  // namespace hs::crypto
