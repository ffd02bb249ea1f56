// The four extension types: text to value and back.
//
// What it is for: ip, decimal, datetime and duration as the language defines them
// (docs.cedarpolicy.com: operators and functions; RFC 80 of cedar-policy/rfcs for datetime).
// What it does not protect from: an IPv4 address written as IPv6 hexadecimal; it is an IPv6
// address. Threads: pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "cedar/value.h"

namespace hs::cedar {

// `1.2.3.4`, `1.2.3.0/24`, `2001:db8::/32`. No leading zeros, no IPv4 inside IPv6, no zone.
std::optional<IpAddress> parse_ip(std::string_view text);
// RFC 5952 form; the prefix is left out when it covers one address.
std::string ip_text(const IpAddress& address);
bool is_loopback(const IpAddress& address);   // 127.0.0.0/8, ::1
bool is_multicast(const IpAddress& address);  // 224.0.0.0/4, ff00::/8
// Every address of `inner` is one of `outer`; false across the two families.
bool is_in_range(const IpAddress& inner, const IpAddress& outer);

// `-?digits.digits` with one to four digits after the point; ten-thousandths.
std::optional<std::int64_t> parse_decimal(std::string_view text);
std::string decimal_text(std::int64_t units);

// `YYYY-MM-DD`, or with `Thh:mm:ss`, `.SSS` at will, and `Z` or `+hhmm` or `-hhmm`.
std::optional<std::int64_t> parse_datetime(std::string_view text);
// Empty beyond the years 0000 to 9999, which no literal can name.
std::string datetime_text(std::int64_t unix_ms);

// `-?` then days, hours, minutes, seconds, milliseconds in this order: `1d2h3m4s5ms`.
std::optional<std::int64_t> parse_duration(std::string_view text);
std::string duration_text(std::int64_t length_ms);

inline constexpr std::int64_t day_ms = 86'400'000;

}  // namespace hs::cedar
