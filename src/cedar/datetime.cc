#include <fmt/format.h>

#include <chrono>

#include "cedar/extension.h"

namespace hs::cedar {
namespace {

bool take_digits(std::string_view& text, std::size_t count, int& out) {
    if (text.size() < count) return false;
    out = 0;
    for (const char c : text.substr(0, count)) {
        if (c < '0' || c > '9') return false;
        out = out * 10 + (c - '0');
    }
    text.remove_prefix(count);
    return true;
}

bool take_sign(std::string_view& text, char sign) {
    if (!text.starts_with(sign)) return false;
    text.remove_prefix(1);
    return true;
}

bool take_date(std::string_view& text, std::int64_t& days) {
    int year = 0;
    int month = 0;
    int day = 0;
    if (!take_digits(text, 4, year) || !take_sign(text, '-') || !take_digits(text, 2, month) ||
        !take_sign(text, '-') || !take_digits(text, 2, day)) {
        return false;
    }
    const std::chrono::year_month_day date{std::chrono::year(year),
                                           std::chrono::month(static_cast<unsigned>(month)),
                                           std::chrono::day(static_cast<unsigned>(day))};
    if (!date.ok()) return false;
    days = std::chrono::sys_days(date).time_since_epoch().count();
    return true;
}

bool take_time(std::string_view& text, std::int64_t& time_ms) {
    int hour = 0;
    int minute = 0;
    int second = 0;
    int fraction_ms = 0;
    if (!take_sign(text, 'T') || !take_digits(text, 2, hour) || !take_sign(text, ':') ||
        !take_digits(text, 2, minute) || !take_sign(text, ':') || !take_digits(text, 2, second)) {
        return false;
    }
    if (take_sign(text, '.') && !take_digits(text, 3, fraction_ms)) return false;
    time_ms = ((hour * 60 + minute) * 60 + second) * std::int64_t{1000} + fraction_ms;
    return hour < 24 && minute < 60 && second < 60;
}

bool take_offset(std::string_view& text, std::int64_t& offset_ms) {
    offset_ms = 0;
    if (take_sign(text, 'Z')) return true;
    const bool minus = text.starts_with('-');
    if (!minus && !text.starts_with('+')) return false;
    text.remove_prefix(1);
    int hour = 0;
    int minute = 0;
    if (!take_digits(text, 2, hour) || !take_digits(text, 2, minute)) return false;
    offset_ms = (hour * 60 + minute) * std::int64_t{60'000} * (minus ? -1 : 1);
    return hour < 24 && minute < 60;
}

struct DurationUnit {
    std::string_view name;
    std::int64_t length_ms;
};
constexpr std::array<DurationUnit, 5> duration_units = {
    {{"d", day_ms}, {"h", 3'600'000}, {"m", 60'000}, {"s", 1000}, {"ms", 1}}};

std::size_t digits_size(std::string_view text) {
    std::size_t size = 0;
    while (size < text.size() && text[size] >= '0' && text[size] <= '9') ++size;
    return size;
}

// The quantity, negative when `minus`, times the unit, added to the total.
bool add_quantity(std::string_view digits, bool minus, std::int64_t unit_ms, std::int64_t& total) {
    std::int64_t quantity = 0;
    for (const char c : digits) {
        const int digit = minus ? '0' - c : c - '0';
        if (__builtin_mul_overflow(quantity, 10, &quantity)) return false;
        if (__builtin_add_overflow(quantity, digit, &quantity)) return false;
    }
    if (__builtin_mul_overflow(quantity, unit_ms, &quantity)) return false;
    return !__builtin_add_overflow(total, quantity, &total);
}

}  // namespace

std::optional<std::int64_t> parse_datetime(std::string_view text) {
    std::int64_t days = 0;
    std::int64_t time_ms = 0;
    std::int64_t offset_ms = 0;
    if (!take_date(text, days)) return {};
    if (!text.empty() && (!take_time(text, time_ms) || !take_offset(text, offset_ms))) return {};
    if (!text.empty()) return {};
    return days * day_ms + time_ms - offset_ms;
}

std::string datetime_text(std::int64_t unix_ms) {
    const std::chrono::sys_time<std::chrono::milliseconds> time{std::chrono::milliseconds(unix_ms)};
    constexpr std::int64_t first_ms = -62'167'219'200'000;  // 0000-01-01
    constexpr std::int64_t after_ms = 253'402'300'800'000;  // 10000-01-01
    if (unix_ms < first_ms || unix_ms >= after_ms) return {};
    const auto day = std::chrono::floor<std::chrono::days>(time);
    const std::chrono::year_month_day date{day};
    const std::int64_t rest_ms = (time - day).count();
    std::string out =
        fmt::format("{:04}-{:02}-{:02}", static_cast<int>(date.year()),
                    static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
    if (rest_ms == 0) return out;
    out += fmt::format("T{:02}:{:02}:{:02}", rest_ms / 3'600'000, rest_ms / 60'000 % 60,
                       rest_ms / 1000 % 60);
    if (rest_ms % 1000 != 0) out += fmt::format(".{:03}", rest_ms % 1000);
    return out + "Z";
}

std::optional<std::int64_t> parse_duration(std::string_view text) {
    const bool minus = take_sign(text, '-');
    if (text.empty()) return {};
    std::int64_t total_ms = 0;
    std::size_t next_unit = 0;
    while (!text.empty()) {
        const std::size_t size = digits_size(text);
        const std::string_view digits = text.substr(0, size);
        text.remove_prefix(size);
        std::size_t letters = 0;
        while (letters < text.size() && (text[letters] < '0' || text[letters] > '9')) ++letters;
        const std::string_view unit = text.substr(0, letters);
        while (next_unit < duration_units.size() && duration_units[next_unit].name != unit) {
            ++next_unit;
        }
        if (size == 0 || next_unit == duration_units.size()) return {};
        if (!add_quantity(digits, minus, duration_units[next_unit].length_ms, total_ms)) return {};
        text.remove_prefix(letters);
        ++next_unit;
    }
    return total_ms;
}

std::string duration_text(std::int64_t length_ms) {
    return fmt::format("{}ms", length_ms);
}

}  // namespace hs::cedar
