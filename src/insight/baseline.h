// Baseline: what one person, agent or skill usually does: which tools, hosts, places, secrets and
// hours, and how much of each in a day.
//
// What it is for: a first use and a volume far from the usual are seen against it, and explained
// with it. A value that is new tells little where new ones come every day: so the rate of newness
// is a part of the usual.
// What it does not protect from: misuse that was there from the beginning, or grows slowly.
// Threads: one thread.
#pragma once

#include <array>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "audit/facts.h"
#include "insight/drift_settings.h"

namespace hs::insight {

enum class Habit : std::uint8_t { tool, host, place, secret };
constexpr std::size_t habit_count = 4;
enum class Measure : std::uint8_t { actions, reads, files, sent_bytes, denied };
constexpr std::size_t measure_count = 5;

// One subject's present day, until it is over.
struct Today {
    struct Value {
        std::vector<std::uint64_t> evidence;
        bool untrusted = false;  // asked for while strangers' text was about
        std::uint64_t sent_bytes = 0;
    };
    std::array<std::map<std::string, Value>, habit_count> habits;
    std::array<std::uint64_t, measure_count> amounts{};
    std::array<std::uint32_t, 24> hours{};
    std::map<std::string, std::uint32_t> files;
    std::vector<std::uint64_t> evidence;  // the first records of the day

    static constexpr std::size_t values_max = 20'000;
    void take(std::uint64_t index, const audit::EventFacts& facts, int hour);
    bool empty() const { return amounts[0] == 0 && evidence.empty(); }

  private:
    void note(Habit habit, const std::string& value, std::uint64_t index,
              const audit::EventFacts& facts);
};

class Baseline {
  public:
    // What of the day is unusual, in the light of the days before; leaving: within how many days
    // the subject leaves (negative: has left), if that is known.
    struct Look {
        const DriftSettings& settings;
        const std::string& subject;
        base::WallTime_ms day_ms = 0;
        std::optional<std::int64_t> leaving;
    };
    std::vector<Finding> compare(const Today& today, const Look& look) const;
    void learn(const Today& today, base::WallTime_ms day_ms, std::int64_t window_days);

  private:
    void compare_habits(const Today& today, const Look& look, std::vector<Finding>& found) const;
    void compare_amounts(const Today& today, const Look& look, std::vector<Finding>& found) const;
    void compare_hours(const Today& today, const Look& look, std::vector<Finding>& found) const;
    double newness(Habit habit) const;
    std::uint64_t usual(Measure measure) const;
    std::uint64_t most(Measure measure) const;
    std::int64_t span_days(base::WallTime_ms day_ms) const;

    std::array<std::map<std::string, base::WallTime_ms>, habit_count> known_;  // last day of each
    struct Day {
        base::WallTime_ms day_ms = 0;
        std::array<std::uint64_t, measure_count> amounts{};
        std::array<std::uint32_t, habit_count> fresh{};  // first uses on it
        std::array<bool, 24> hours{};
    };
    std::deque<Day> days_;  // with activity, within the window
    base::WallTime_ms began_ms_ = 0;
};

// The part of a path that says where somebody works: the project, or its first three folders.
std::string place_of(const audit::EventFacts& facts, const std::string& path);

}  // namespace hs::insight
