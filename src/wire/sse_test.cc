#include "wire/sse.h"

#include <gtest/gtest.h>

namespace hs::wire {
namespace {

std::vector<SseEvent> parse(std::vector<std::string_view> chunks) {
    SseParser parser;
    std::vector<SseEvent> events;
    for (std::string_view chunk : chunks) {
        while (true) {
            const auto event = parser.next(chunk);
            EXPECT_TRUE(event) << event.error().what;
            if (!event || !*event) break;
            events.push_back(**event);
        }
        EXPECT_TRUE(chunk.empty());
    }
    return events;
}

TEST(Sse, AnEventBeyondTheMaximumIsRefusedAndCostsNoMore) {
    for (const std::string line : {"data: ", ": ", "event: ", "nonsense"}) {
        SseParser parser({.event_bytes_max = 1000});
        std::string_view begin = line;
        EXPECT_TRUE(parser.next(begin));
        const std::string piece(400, 'x');
        bool refused = false;
        for (int i = 0; i < 4 && !refused; ++i) {
            std::string_view bytes = piece;
            refused = !parser.next(bytes);
        }
        EXPECT_TRUE(refused) << line;
    }
    SseParser lines({.event_bytes_max = 1000});
    const std::string many = "data: 0123456789\n";
    bool refused = false;
    for (int i = 0; i < 200 && !refused; ++i) {
        std::string_view bytes = many;
        refused = !lines.next(bytes);
    }
    EXPECT_TRUE(refused);
}

TEST(Sse, InvalidUtf8IsMendedNotPassedOn) {
    const auto events = parse({"data: a\xff\xc3\n\n"});
    ASSERT_EQ(events.size(), 1U);
    EXPECT_EQ(events[0].data, "a\xef\xbf\xbd\xef\xbf\xbd");
}

TEST(Sse, AnUnfinishedEventIsDropped) {
    SseParser parser;
    std::string_view bytes = "data: x\n\ndata: cut";
    EXPECT_TRUE(parser.next(bytes)->has_value());
    EXPECT_FALSE(parser.inside_event());
    EXPECT_FALSE(parser.next(bytes)->has_value());
    EXPECT_TRUE(parser.inside_event());
}

TEST(Sse, FollowsTheStandardsExamples) {
    EXPECT_EQ(parse({"data: YHOO\ndata: +2\ndata: 10\n\n"})[0].data, "YHOO\n+2\n10");
    const auto four =
        parse({": test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\n"
               "data:  third event\n"});
    ASSERT_EQ(four.size(), 2U);
    EXPECT_EQ(four[0], (SseEvent{"", "first event", "1"}));
    EXPECT_EQ(four[1], (SseEvent{"", "second event", ""}));
    EXPECT_EQ(parse({"data\n\ndata\ndata\n\ndata:"}).size(), 1U);
    EXPECT_EQ(parse({"data:test\n\ndata: test\n\n"})[0], parse({"data: test\n\n"})[0]);
    EXPECT_TRUE(parse({"event: ping\n\n"}).empty());
    EXPECT_EQ(parse({"id: a\ndata: 1\n\ndata: 2\n\n"})[1].id, "a");
    EXPECT_EQ(parse({std::string_view("id: a\0b\ndata: 1\n\n", 17)})[0].id, "");
    EXPECT_EQ(parse({"event: x\n\ndata: y\n\n"})[0].type, "");
}

TEST(Sse, RetryIsDigitsOnly) {
    SseParser parser;
    std::string_view bytes = "retry: 12a\nretry: 99999999999999999999999\n\n";
    EXPECT_TRUE(parser.next(bytes));
    EXPECT_FALSE(parser.retry_ms());
    bytes = "retry: 1500\n\n";
    EXPECT_TRUE(parser.next(bytes));
    EXPECT_EQ(parser.retry_ms(), 1500);
}

// Split at every position, and at every pair of positions, the events are the same.
TEST(Sse, SplitsChangeNothing) {
    const std::string stream =
        "\xef\xbb\xbf"
        "event: a\r\ndata: \xe2\x82\xac uro\r\n\r\n:c\rdata: b\rid: 7\r\rdata: l1\ndata: l2\n\n"
        "data:\r\ndata:x\r\n\r\n";
    const auto whole = parse({stream});
    ASSERT_EQ(whole.size(), 4U);
    EXPECT_EQ(whole[0], (SseEvent{"a", "€ uro", ""}));
    EXPECT_EQ(whole[1], (SseEvent{"", "b", "7"}));
    EXPECT_EQ(whole[2], (SseEvent{"", "l1\nl2", "7"}));
    EXPECT_EQ(whole[3], (SseEvent{"", "\nx", "7"}));
    const std::string_view view = stream;
    for (std::size_t i = 0; i <= view.size(); ++i) {
        for (std::size_t j = i; j <= view.size(); ++j) {
            ASSERT_EQ(parse({view.substr(0, i), view.substr(i, j - i), view.substr(j)}), whole)
                << i << ' ' << j;
        }
    }
}

TEST(Sse, AFalseByteOrderMarkIsText) {
    EXPECT_EQ(parse({"\xef\xbb", "data: x\n\ndata: y\n\n"}).size(), 1U);
    EXPECT_EQ(parse({"\xef", "\xbb", "\xbf", "data: x\n\n"}).size(), 1U);
}

TEST(Sse, WhatIsWrittenReadsBack) {
    for (const SseEvent& event : {SseEvent{"", "x", ""}, SseEvent{"a b", "l1\nl2\n\nl4", "9"},
                                  SseEvent{"t", " lead", ""}, SseEvent{"", "\n", ""}}) {
        const std::string bytes = sse_event(event) + sse_comment("keep\nawake");
        EXPECT_EQ(parse({bytes}), std::vector<SseEvent>{event});
    }
    EXPECT_EQ(sse_event({"", "a\r\nb\rc", ""}), "data: a\ndata: b\ndata: c\n\n");
    EXPECT_EQ(sse_comment(""), ": \n\n");
}

}  // namespace
}  // namespace hs::wire
