#include "hardshell/when.h"

#include <fmt/format.h>

#include <charconv>
#include <chrono>

namespace hs::cli {

using base::Code;
using base::fail;
using base::Result;

namespace {

base::Failure no_time(std::string_view text) {
    return fail(Code::invalid_input,
                fmt::format("\"{}\" is no time; write 2026-11-22, 2026-11-22T09:30 (UTC), or how "
                            "long ago: 90s, 30m, 24h, 7d, 4w",
                            text));
}

// Takes exactly that many digits.
std::optional<int> digits(std::string_view& text, std::size_t count) {
    if (text.size() < count) return std::nullopt;
    int value = 0;
    for (const char c : text.substr(0, count)) {
        if (c < '0' || c > '9') return std::nullopt;
        value = value * 10 + (c - '0');
    }
    text.remove_prefix(count);
    return value;
}

bool skip(std::string_view& text, char wanted) {
    if (!text.starts_with(wanted)) return false;
    text.remove_prefix(1);
    return true;
}

std::optional<base::WallTime_ms> ago(std::string_view text, base::WallTime_ms now_ms) {
    std::int64_t count = 0;
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), count);
    const std::string_view unit = text.substr(static_cast<std::size_t>(parsed.ptr - text.data()));
    if (parsed.ec != std::errc{} || count < 0 || count > 100'000'000 || unit.size() != 1) {
        return std::nullopt;
    }
    switch (unit[0]) {
        case 's':
            return now_ms - count * 1000;
        case 'm':
            return now_ms - count * 60'000;
        case 'h':
            return now_ms - count * 3'600'000;
        case 'd':
            return now_ms - count * 86'400'000;
        case 'w':
            return now_ms - count * 7 * 86'400'000;
        default:
            return std::nullopt;
    }
}

// The time of day behind the T; nothing when it is malformed.
std::optional<std::int64_t> time_of_day(std::string_view text) {
    const auto hours = digits(text, 2);
    if (!hours || !skip(text, ':')) return std::nullopt;
    const auto minutes = digits(text, 2);
    const auto seconds = skip(text, ':') ? digits(text, 2) : std::optional<int>(0);
    skip(text, 'Z');
    if (!minutes || !seconds || !text.empty()) return std::nullopt;
    if (*hours > 23 || *minutes > 59 || *seconds > 60) return std::nullopt;
    return (std::int64_t{*hours} * 60 + *minutes) * 60'000 + std::int64_t{*seconds} * 1000;
}

}  // namespace

Result<base::WallTime_ms> parse_when(std::string_view text, base::WallTime_ms now_ms) {
    if (const auto before = ago(text, now_ms)) return *before;
    std::string_view left = text;
    const auto year = digits(left, 4);
    const bool first = skip(left, '-');
    const auto month = digits(left, 2);
    const bool second = skip(left, '-');
    const auto day = digits(left, 2);
    if (!year || !first || !month || !second || !day) return no_time(text);
    const std::chrono::year_month_day date{std::chrono::year(*year),
                                           std::chrono::month(static_cast<unsigned>(*month)),
                                           std::chrono::day(static_cast<unsigned>(*day))};
    if (!date.ok()) return no_time(text);
    const auto days = std::chrono::sys_days(date).time_since_epoch().count();
    const base::WallTime_ms midnight_ms = std::int64_t{days} * 86'400'000;
    if (left.empty()) return midnight_ms;
    const auto past_ms = skip(left, 'T') ? time_of_day(left) : std::nullopt;
    if (!past_ms) return no_time(text);
    return midnight_ms + *past_ms;
}

}  // namespace hs::cli
