// The Gate before a keeper that the test plays.
#include "gate/gate.h"

#include <gtest/gtest.h>

#include <thread>

#include "gate/frames.h"
#include "os/socket.h"
#include "os/system.h"

namespace hs::gate {
namespace {

using base::Code;
using wire::Json;

std::uint16_t number(FrameKind kind) {
    return static_cast<std::uint16_t>(kind);
}

class GateLines : public testing::Test {
  protected:
    GateLines() {
        auto pair = *os::stream_pair();
        keeper = std::make_unique<os::Channel>(std::move(pair.second));
        gate = std::make_unique<Gate>(std::move(pair.first), clock);
    }
    // The next frame that is no line; lines are kept.
    os::Frame next() {
        for (;;) {
            auto frame = keeper->receive(os::Deadline::after_ms(5000));
            CHECK(frame.ok());
            if (frame->kind != number(FrameKind::line)) return std::move(*frame);
            CHECK(frame->descriptors.size() == 1);
            lines[frame->id >> line_shift] =
                std::make_unique<os::Channel>(std::move(frame->descriptors[0]));
        }
    }
    void answer(const os::Frame& frame, std::uint64_t id, FrameKind kind, const Json& payload) {
        const std::string text = wire::canonical_json(payload);
        const auto line = lines.find(frame.id >> line_shift);
        CHECK(line != lines.end());
        CHECK(line->second->send(id, number(kind), base::bytes_of(text)).ok());
    }

    os::SystemClock clock;
    std::unique_ptr<os::Channel> keeper;
    std::unique_ptr<Gate> gate;
    std::map<std::uint64_t, std::unique_ptr<os::Channel>> lines;
};

TEST_F(GateLines, EachThreadGetsItsOwnAnswerWhateverTheOrder) {
    constexpr int askers = 8;
    std::vector<std::thread> threads;
    std::atomic<int> right = 0;
    for (int i = 0; i < askers; ++i) {
        threads.emplace_back([&, i] {
            const auto answer = gate->question("echo", wire::JsonObject{{"number", i}});
            if (answer && wire::integer_at(*answer, "number").value() == i) ++right;
        });
    }
    std::vector<os::Frame> asked;
    for (int i = 0; i < askers; ++i) asked.push_back(next());
    for (auto frame = asked.rbegin(); frame != asked.rend(); ++frame) {
        const auto payload = wire::parse_json(base::text_of(frame->payload));
        answer(*frame, frame->id, FrameKind::answer, *payload->find("arguments"));
    }
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(right, askers);
}

TEST_F(GateLines, ALineServesOneQuestionAfterAnother) {
    for (int i = 0; i < 3; ++i) {
        std::thread asks([&] { EXPECT_TRUE(gate->question("any", Json()).ok()); });
        const os::Frame frame = next();
        EXPECT_EQ(frame.id >> line_shift, 1U);
        answer(frame, frame.id, FrameKind::answer, Json(wire::JsonObject{}));
        asks.join();
    }
}

TEST_F(GateLines, ARefusalKeepsItsCode) {
    std::thread asks([&] { EXPECT_EQ(gate->question("any", Json()).error().code, Code::denied); });
    const os::Frame frame = next();
    answer(frame, frame.id, FrameKind::failure,
           Json(wire::JsonObject{{"code", "denied"}, {"what", "no"}}));
    asks.join();
}

TEST_F(GateLines, AnAnswerToAnotherQuestionIsNone) {
    std::thread asks([&] { EXPECT_EQ(gate->question("any", Json()).error().code, Code::io); });
    const os::Frame frame = next();
    answer(frame, frame.id + 1, FrameKind::answer, Json(wire::JsonObject{}));
    EXPECT_EQ(next().kind, number(FrameKind::line_end));  // it serves nobody else
    asks.join();
}

TEST_F(GateLines, AKeeperThatEndsEndsEveryQuestion) {
    std::thread asks([&] { EXPECT_EQ(gate->question("any", Json()).error().code, Code::io); });
    next();
    lines.clear();
    keeper.reset();
    asks.join();
}

TEST_F(GateLines, AReconnectEndsQuestionsToTheKeeperBefore) {
    std::thread asks([&] { EXPECT_EQ(gate->question("any", Json()).error().code, Code::io); });
    next();
    auto pair = *os::stream_pair();
    gate->reconnect(std::move(pair.first));  // the old keeper hangs and answers nothing
    asks.join();
}

TEST_F(GateLines, WhatGoesWithTheNextComesBeforeIt) {
    ASSERT_TRUE(
        gate->record("message.in", Json(wire::JsonObject{{"session", "s"}}), Durable::with_next)
            .ok());
    std::thread asks([&] { EXPECT_TRUE(gate->question("any", Json()).ok()); });
    EXPECT_EQ(next().kind, number(FrameKind::record));
    const os::Frame frame = next();
    EXPECT_EQ(frame.kind, number(FrameKind::question));
    answer(frame, frame.id, FrameKind::answer, Json(wire::JsonObject{}));
    asks.join();
    ASSERT_TRUE(
        gate->record("message.in", Json(wire::JsonObject{{"session", "s"}}), Durable::with_next)
            .ok());
    ASSERT_TRUE(gate->flush().ok());
    EXPECT_EQ(next().kind, number(FrameKind::record));
}

}  // namespace
}  // namespace hs::gate
