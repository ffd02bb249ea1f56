// Cron: when something is due, in the five fields of crontab(5): minute, hour, day of the month,
// month, day of the week. Times are UTC, said so wherever they are shown.
//
// Lists, ranges and steps; names of months and days; 7 is Sunday too. As in cron, where both kinds
// of day are restricted one of them suffices. What it does not protect from: a wish that never
// comes true (30 2 30 2 *): next_after says so. Threads: values.
#pragma once

#include <bitset>
#include <optional>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"

namespace hs::channels {

class Cron {
  public:
    // invalid_input names the field that is wrong.
    static base::Result<Cron> parse(std::string_view text);
    // The first time after that one, at a whole minute; nothing within five years.
    std::optional<base::WallTime_ms> next_after(base::WallTime_ms time_ms) const;

  private:
    bool has_day(int day, int month, int weekday) const;

    std::bitset<60> minutes_;
    std::bitset<24> hours_;
    std::bitset<32> days_;
    std::bitset<13> months_;
    std::bitset<7> weekdays_;
    bool any_day_ = false;
    bool any_weekday_ = false;
};

}  // namespace hs::channels
