#include "flow/plan.h"

#include <gtest/gtest.h>

namespace hs::flow {
namespace {

using wire::Json;

Json json(std::string_view text) {
    return wire::parse_json(text).value();
}

Plan plan_of(std::string_view tool, std::string_view arguments) {
    Plan plan;
    plan.add(Plan::declared(tool, json(arguments)).value());
    return plan;
}

TEST(Plan, ADeclaredTextIsMeantAsItStands) {
    const Plan plan = plan_of("files_write", R"({"path": "/p/docs/review.md"})");
    EXPECT_TRUE(plan.fits("files_write", json(R"({"path": "/p/docs/review.md", "content": "x"})")));
    for (const char* other :
         {R"({"path": "/p/docs/Review.md"})", R"({"path": "/p/docs/review.md.sh"})",
          R"({"path": ["/p/docs/review.md"]})", R"({"path": null})", R"({"content": "x"})"}) {
        EXPECT_FALSE(plan.fits("files_write", json(other))) << other;
    }
    EXPECT_FALSE(plan.fits("files_remove", json(R"({"path": "/p/docs/review.md"})")));
}

TEST(Plan, AStarLeavesTheEndOpenAndNothingElse) {
    const Plan plan = plan_of("http_fetch", R"({"url": "https://tracker.example/issues/*"})");
    EXPECT_TRUE(plan.fits("http_fetch", json(R"({"url": "https://tracker.example/issues/31"})")));
    for (const char* other :
         {R"({"url": "https://tracker.example/issue"})",
          R"({"url": "https://tracker.example.evil.example/issues/31"})",
          R"({"url": "https://evil.example/?https://tracker.example/issues/31"})"}) {
        EXPECT_FALSE(plan.fits("http_fetch", json(other))) << other;
    }
}

TEST(Plan, AListIsMeantInItsOrder) {
    const Plan exact = plan_of("shell_run", R"({"argv": ["make", "test"]})");
    EXPECT_TRUE(exact.fits("shell_run", json(R"({"argv": ["make", "test"]})")));
    EXPECT_FALSE(exact.fits("shell_run", json(R"({"argv": ["test", "make"]})")));
    EXPECT_FALSE(exact.fits("shell_run", json(R"({"argv": ["make", "test", "CC=evil"]})")));
    EXPECT_FALSE(exact.fits("shell_run", json(R"({"argv": ["make"]})")));
    EXPECT_FALSE(exact.fits("shell_run", json(R"({"argv": "make test"})")));
    const Plan open = plan_of("shell_run", R"({"argv": ["git", "diff", "*"]})");
    EXPECT_TRUE(open.fits("shell_run", json(R"({"argv": ["git", "diff"]})")));
    EXPECT_TRUE(open.fits("shell_run", json(R"({"argv": ["git", "diff", "HEAD"]})")));
    EXPECT_FALSE(open.fits("shell_run", json(R"({"argv": ["git", "push", "diff"]})")));
}

TEST(Plan, WhatPinsNothingIsRefused) {
    for (const char* arguments :
         {R"({"path": "*"})", R"({"path": ""})", R"({"argv": []})", R"({"argv": ["*"]})",
          R"({"argv": [1]})", R"({"path": {"a": 1}})", R"(["path"])", R"("path")"}) {
        EXPECT_FALSE(Plan::declared("tool", json(arguments)).ok()) << arguments;
    }
    EXPECT_TRUE(Plan::declared("tool", Json()).ok());
}

TEST(Plan, ItOnlyNarrows) {
    Plan held = plan_of("files_write", R"({"path": "/p/a*"})");
    held.add(Plan::declared("files_read", Json()).value());
    EXPECT_TRUE(plan_of("files_read", R"({"path": "/p/a"})").narrows(held));
    EXPECT_TRUE(Plan().narrows(held));
    EXPECT_TRUE(held.narrows(held));
    // Another pin is not a narrower one, and neither is one left out.
    EXPECT_FALSE(plan_of("files_write", R"({"path": "/p/b"})").narrows(held));
    EXPECT_FALSE(plan_of("files_write", "{}").narrows(held));
    EXPECT_FALSE(plan_of("shell_run", "{}").narrows(held));
}

TEST(Plan, ItComesBackAsItWasStored) {
    Plan plan = plan_of("shell_run", R"({"argv": ["git", "diff", "*"]})");
    plan.add(Plan::declared("http_fetch", json(R"({"url": "https://a.example/*"})")).value());
    const auto back = Plan::from_json(plan.to_json());
    ASSERT_TRUE(back.ok());
    EXPECT_TRUE(back->narrows(plan) && plan.narrows(*back));
    EXPECT_FALSE(Plan::from_json(json(R"([{"tool": "x", "pins": [{"argument": "a",
        "kind": "any", "values": []}]}])"))
                     .ok());
}

}  // namespace
}  // namespace hs::flow
