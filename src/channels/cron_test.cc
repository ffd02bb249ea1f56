#include "channels/cron.h"

#include <gtest/gtest.h>

namespace hs::channels {
namespace {

// 2026-11-22 is a Sunday.
constexpr base::WallTime_ms sunday_noon = 1'795'348'800'000;

std::string next(std::string_view text, base::WallTime_ms after = sunday_noon) {
    const auto cron = Cron::parse(text);
    if (!cron) return "refused";
    const auto found = cron->next_after(after);
    return found ? base::format_time(*found).substr(0, 16) : "never";
}

TEST(Cron, RefusesWhatIsNoSchedule) {
    for (const char* bad :
         {"", "* * * *", "* * * * * *", "60 * * * *", "* 24 * * *", "* * 0 * *", "* * 32 * *",
          "* * * 13 *", "* * * * 8", "5-1 * * * *", "*/0 * * * *", "a * * * *", "-1 * * * *",
          "1, * * * *", "1-2-3 * * * *", "* * * * mo"}) {
        EXPECT_EQ(next(bad), "refused") << bad;
    }
}

TEST(Cron, FindsTheNextTime) {
    EXPECT_EQ(base::format_time(sunday_noon).substr(0, 16), "2026-11-22T12:00");
    EXPECT_EQ(next("* * * * *"), "2026-11-22T12:01");
    EXPECT_EQ(next("0 8 * * mon-fri"), "2026-11-23T08:00");
    EXPECT_EQ(next("*/15 * * * *"), "2026-11-22T12:15");
    EXPECT_EQ(next("0 12 * * 7"), "2026-11-29T12:00") << "7 is Sunday; the time itself is past";
    EXPECT_EQ(next("0 0 29 2 *"), "2028-02-29T00:00");
    EXPECT_EQ(next("0 0 30 2 *"), "never");
    EXPECT_EQ(next("0 0 1 * fri"), "2026-11-27T00:00") << "either day suffices";
    EXPECT_EQ(next("59 23 31 dec *"), "2026-12-31T23:59");
    EXPECT_EQ(next("10-20/5,45 12 * * *"), "2026-11-22T12:10");
}

}  // namespace
}  // namespace hs::channels
