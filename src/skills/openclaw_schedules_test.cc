#include "skills/openclaw_schedules.h"

#include <gtest/gtest.h>

namespace hs::skills {
namespace {

using Fate = ImportItem::Fate;

ImportItem job(const std::string& schedule, const std::string& more = "",
               const std::string& text = "look at the news") {
    const auto json = wire::parse_json(R"({"version":1,"jobs":[{"name":"morning","schedule":)" +
                                       schedule + R"(,"payload":{"kind":"agentTurn","message":")" +
                                       text + "\"}" + more + "}]}");
    EXPECT_TRUE(json.ok());
    return schedules_of(*json).front();
}

TEST(OpenClawSchedules, NoneIsTakenOverUnread) {
    const auto made = job(R"({"kind":"cron","expr":"0 8 * * 1-5"})");
    EXPECT_EQ(made.fate, Fate::by_hand);
    EXPECT_EQ(made.command,
              "hardshell schedule add morning --when '0 8 * * 1-5' --text 'look at the news'");
    EXPECT_NE(job(R"({"kind":"cron","expr":"0 8 * * *","tz":"Europe/Berlin"})")
                  .reason.find("Europe/Berlin"),
              std::string::npos);
}

TEST(OpenClawSchedules, ATextCannotEndItsQuotes) {
    const auto made =
        job(R"({"kind":"cron","expr":"0 8 * * *'; touch x; '"})", "", "it's; $(rm -rf ~)\\n`id`");
    EXPECT_EQ(made.fate, Fate::refused) << "more than five fields";
    const auto text = job(R"({"kind":"cron","expr":"0 8 * * *"})", "", "it's; $(id)\\nsecond");
    EXPECT_NE(text.command.find(R"(--text 'it'\''s; $(id) second')"), std::string::npos)
        << text.command;
}

TEST(OpenClawSchedules, TimesOfEachKind) {
    EXPECT_NE(job(R"({"kind":"at","atMs":1800000000000})").command.find("--at 2027-01-15T08:00Z"),
              std::string::npos);
    EXPECT_NE(job(R"({"kind":"every","everyMs":1800000})").command.find("*/30 * * * *"),
              std::string::npos);
    EXPECT_NE(job(R"({"kind":"every","everyMs":21600000})").command.find("0 */6 * * *"),
              std::string::npos);
    for (const char* odd : {R"({"kind":"every","everyMs":420000})", R"({"kind":"every"})",
                            R"({"kind":"cron","expr":"0 0 8 * * *"})", R"({})", R"("soon")",
                            R"({"kind":"sometimes"})"}) {
        EXPECT_EQ(job(odd).fate, Fate::refused) << odd;
    }
    EXPECT_EQ(job(R"({"kind":"cron","expr":"0 8 * * *"})", R"(,"enabled":false)").fate,
              Fate::refused);
    EXPECT_EQ(job(R"({"kind":"cron","expr":"0 8 * * *"})", R"(,"declarationKey":"a:b")").fate,
              Fate::refused)
        << "made by the program for itself";
}

TEST(OpenClawSchedules, WhatIsNoListOfJobsIsNone) {
    for (const char* text : {"{}", "[]", "\"x\"", R"({"jobs":{}})", R"({"jobs":"x"})"}) {
        EXPECT_TRUE(schedules_of(*wire::parse_json(text)).empty()) << text;
    }
    EXPECT_EQ(schedules_of(*wire::parse_json(R"({"jobs":["x",{}]})")).size(), 2U);
}

}  // namespace
}  // namespace hs::skills
