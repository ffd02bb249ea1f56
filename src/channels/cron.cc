#include "channels/cron.h"

#include <fmt/format.h>

#include <array>
#include <chrono>
#include <string>

namespace hs::channels {

using base::Code;
using base::fail;
using base::Result;

namespace {

struct Field {
    std::string_view name;
    int lowest;
    int highest;
    std::string_view words;  // of three letters each, from lowest on
};

constexpr std::array<Field, 5> fields{{
    {"minute", 0, 59, ""},
    {"hour", 0, 23, ""},
    {"day of the month", 1, 31, ""},
    {"month", 1, 12, "janfebmaraprmayjunjulaugsepoctnovdec"},
    {"day of the week", 0, 7, "sunmontuewedthufrisat"},
}};

constexpr int years_max = 5;
constexpr std::int64_t minute_ms = 60'000;

base::Failure wrong(const Field& field, std::string_view text) {
    return fail(Code::invalid_input,
                fmt::format("\"{}\" is no {}: write *, numbers {} to {}, lists with commas, ranges "
                            "with - and steps with /",
                            text, field.name, field.lowest, field.highest));
}

Result<int> number_of(const Field& field, std::string_view text) {
    if (!field.words.empty() && text.size() == 3) {
        std::string lower(text);
        for (char& c : lower) c = static_cast<char>(c | 0x20);
        const std::size_t at = field.words.find(lower);
        if (at != std::string_view::npos && at % 3 == 0) {
            return static_cast<int>(at / 3) + field.lowest;
        }
    }
    if (text.empty() || text.size() > 2 ||
        text.find_first_not_of("0123456789") != std::string_view::npos) {
        return wrong(field, text);
    }
    int value = 0;
    for (const char c : text) value = value * 10 + (c - '0');
    if (value < field.lowest || value > field.highest) return wrong(field, text);
    return value;
}

// One item of a list: *, N, N-M, each with /STEP.
template <std::size_t size>
Result<> add_item(const Field& field, std::string_view text, std::bitset<size>& set) {
    const std::size_t slash = text.find('/');
    std::string_view range = text.substr(0, slash);
    int step = 1;
    if (slash != std::string_view::npos) {
        const Field steps{field.name, 1, field.highest, ""};
        step = TRY(number_of(steps, text.substr(slash + 1)));
    }
    int from = field.lowest;
    int to = field.highest;
    if (range != "*") {
        const std::size_t dash = range.find('-');
        from = TRY(number_of(field, range.substr(0, dash)));
        to = dash == std::string_view::npos ? (slash == std::string_view::npos ? from : to)
                                            : TRY(number_of(field, range.substr(dash + 1)));
        if (to < from) return wrong(field, text);
    }
    for (int value = from; value <= to; value += step) {
        set.set(static_cast<std::size_t>(size == 7 ? value % 7 : value));
    }
    return {};
}

template <std::size_t size>
Result<> read_field(const Field& field, std::string_view text, std::bitset<size>& set) {
    while (true) {
        const std::size_t comma = text.find(',');
        TRY(add_item(field, text.substr(0, comma), set));
        if (comma == std::string_view::npos) return {};
        text.remove_prefix(comma + 1);
    }
}

}  // namespace

Result<Cron> Cron::parse(std::string_view text) {
    std::array<std::string_view, 5> parts;
    std::size_t count = 0;
    while (!text.empty()) {
        const std::size_t begin = text.find_first_not_of(' ');
        if (begin == std::string_view::npos) break;
        const std::size_t end = std::min(text.find(' ', begin), text.size());
        if (count == parts.size()) count = parts.size() + 1;
        if (count > parts.size()) break;
        parts[count++] = text.substr(begin, end - begin);
        text.remove_prefix(end);
    }
    if (count != parts.size()) {
        return fail(Code::invalid_input,
                    "a schedule has five fields: minute, hour, day of the month, month, day of the "
                    "week, such as \"0 8 * * mon-fri\"");
    }
    Cron cron;
    TRY(read_field(fields[0], parts[0], cron.minutes_));
    TRY(read_field(fields[1], parts[1], cron.hours_));
    TRY(read_field(fields[2], parts[2], cron.days_));
    TRY(read_field(fields[3], parts[3], cron.months_));
    TRY(read_field(fields[4], parts[4], cron.weekdays_));
    cron.any_day_ = parts[2] == "*";
    cron.any_weekday_ = parts[4] == "*";
    return cron;
}

bool Cron::has_day(int day, int month, int weekday) const {
    if (!months_.test(static_cast<std::size_t>(month))) return false;
    const bool by_date = days_.test(static_cast<std::size_t>(day));
    const bool by_weekday = weekdays_.test(static_cast<std::size_t>(weekday));
    if (any_day_ && any_weekday_) return true;
    if (any_day_) return by_weekday;
    if (any_weekday_) return by_date;
    return by_date || by_weekday;
}

std::optional<base::WallTime_ms> Cron::next_after(base::WallTime_ms time_ms) const {
    using namespace std::chrono;
    const std::int64_t first_minute = time_ms / minute_ms + 1;
    sys_days day = floor<days>(sys_time<minutes>(minutes(first_minute)));
    const sys_days last = day + days(366 * years_max);
    std::int64_t minute_of_day =
        first_minute - duration_cast<minutes>(day.time_since_epoch()).count();
    for (; day < last; day += days(1), minute_of_day = 0) {
        const year_month_day date(day);
        const bool fits = has_day(static_cast<int>(static_cast<unsigned>(date.day())),
                                  static_cast<int>(static_cast<unsigned>(date.month())),
                                  static_cast<int>(weekday(day).c_encoding()));
        if (!fits) continue;
        for (; minute_of_day < 24 * 60; ++minute_of_day) {
            const auto hour = static_cast<std::size_t>(minute_of_day / 60);
            const auto minute = static_cast<std::size_t>(minute_of_day % 60);
            if (!hours_.test(hour) || !minutes_.test(minute)) continue;
            const auto whole = duration_cast<minutes>(day.time_since_epoch()).count();
            return (whole + minute_of_day) * minute_ms;
        }
    }
    return std::nullopt;
}

}  // namespace hs::channels
