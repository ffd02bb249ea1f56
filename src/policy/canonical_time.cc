#include "policy/canonical_time.h"

#include <charconv>

namespace hs::policy {
namespace {

using base::Code;
using base::fail;
using base::Result;

base::Failure refused_time() {
    return fail(Code::invalid_input,
                "expected a time such as 2026-12-31T09:00:00Z or a date such as 2026-12-31");
}

// Takes exactly `digits` decimal digits from the front.
bool take_number(std::string_view& text, std::size_t digits, int& value) {
    if (text.size() < digits) return false;
    const char* end_wanted = text.data() + digits;
    const auto [end, error] = std::from_chars(text.data(), end_wanted, value);
    if (error != std::errc() || end != end_wanted || value < 0 || text.front() == '-') return false;
    text.remove_prefix(digits);
    return true;
}

bool take(std::string_view& text, char wanted) {
    if (text.empty() || text.front() != wanted) return false;
    text.remove_prefix(1);
    return true;
}

// Milliseconds after the dot; further digits are read and dropped.
bool take_fraction(std::string_view& text, int& milliseconds) {
    int weight = 100;
    std::size_t digits = 0;
    while (!text.empty() && text.front() >= '0' && text.front() <= '9') {
        milliseconds += (text.front() - '0') * weight;
        weight /= 10;
        text.remove_prefix(1);
        if (++digits > 9) return false;
    }
    return digits > 0;
}

bool take_offset(std::string_view& text, int& minutes) {
    if (take(text, 'Z')) return true;
    const bool is_west = text.starts_with('-');
    if (!take(text, '+') && !take(text, '-')) return false;
    int hour = 0;
    int minute = 0;
    if (!take_number(text, 2, hour) || !take(text, ':') || !take_number(text, 2, minute)) {
        return false;
    }
    if (hour > 23 || minute > 59) return false;
    minutes = (hour * 60 + minute) * (is_west ? -1 : 1);
    return true;
}

}  // namespace

Result<base::WallTime_ms> parse_time(std::string_view text) {
    int year = 0;
    int month = 0;
    int day = 0;
    if (!take_number(text, 4, year) || !take(text, '-') || !take_number(text, 2, month) ||
        !take(text, '-') || !take_number(text, 2, day)) {
        return refused_time();
    }
    const std::chrono::year_month_day date{std::chrono::year(year),
                                           std::chrono::month(static_cast<unsigned>(month)),
                                           std::chrono::day(static_cast<unsigned>(day))};
    if (!date.ok() || year < 1970) return refused_time();
    const std::int64_t days = std::chrono::sys_days(date).time_since_epoch().count();
    std::int64_t result = days * 86'400'000;
    if (text.empty()) return result;
    int hour = 0;
    int minute = 0;
    int second = 0;
    int milliseconds = 0;
    int offset = 0;
    if (!take(text, 'T') || !take_number(text, 2, hour) || !take(text, ':') ||
        !take_number(text, 2, minute) || !take(text, ':') || !take_number(text, 2, second)) {
        return refused_time();
    }
    if (hour > 23 || minute > 59 || second > 59) return refused_time();
    if (take(text, '.') && !take_fraction(text, milliseconds)) return refused_time();
    if (!take_offset(text, offset) || !text.empty()) return refused_time();
    const std::int64_t minutes = hour * 60 + minute - offset;
    result += (minutes * 60 + second) * 1000 + milliseconds;
    if (result < 0) return refused_time();
    return result;
}

Result<std::int64_t> parse_duration_ms(std::string_view text) {
    struct Unit {
        std::string_view name;
        std::int64_t length_ms;
    };
    static constexpr Unit units[] = {
        {"d", 86'400'000}, {"h", 3'600'000}, {"m", 60'000}, {"s", 1000}, {"ms", 1}};
    constexpr std::int64_t longest_ms = std::int64_t{3650} * 86'400'000;
    const auto refused = [] {
        return fail(Code::invalid_input,
                    "expected a duration such as 15m, 1h30m or 90d, at most ten years");
    };
    std::int64_t total = 0;
    std::size_t next_unit = 0;
    while (!text.empty()) {
        std::int64_t number = 0;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
        if (error != std::errc() || number < 0) return refused();
        text.remove_prefix(static_cast<std::size_t>(end - text.data()));
        const std::string_view name =
            text.substr(0, std::min(text.find_first_of("0123456789"), text.size()));
        while (next_unit < std::size(units) && units[next_unit].name != name) ++next_unit;
        if (next_unit == std::size(units) || number > longest_ms / units[next_unit].length_ms) {
            return refused();
        }
        total += number * units[next_unit++].length_ms;
        text.remove_prefix(name.size());
    }
    if (total <= 0 || total > longest_ms) return refused();
    return total;
}

}  // namespace hs::policy
