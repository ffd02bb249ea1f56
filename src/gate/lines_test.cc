#include "gate/lines.h"

#include <gtest/gtest.h>

#include "gate/frames.h"
#include "os/socket.h"

namespace hs::gate {
namespace {

os::Frame frame_of(FrameKind kind, std::uint64_t line) {
    os::Frame frame;
    frame.id = line << line_shift | 1U;
    frame.kind = static_cast<std::uint16_t>(kind);
    return frame;
}

class LinesTest : public ::testing::Test {
  protected:
    Sender sender(Sender::Kind kind) {
        return {kind, "somebody",
                std::make_shared<os::Channel>(std::move(os::stream_pair()->first))};
    }
    base::Result<bool> open(const Sender& from, std::uint64_t number) {
        os::Frame frame = frame_of(FrameKind::line, number);
        frame.descriptors.push_back(std::move(os::stream_pair()->first));
        return lines_.take(from, frame);
    }
    std::shared_ptr<os::Channel> answered_at(const Sender& from, std::uint64_t number) {
        return lines_.answered_at(from, frame_of(FrameKind::question, number)).channel;
    }

    Lines lines_;
};

TEST_F(LinesTest, AnswersGoToTheLineUntilItEnds) {
    const Sender daemon = sender(Sender::Kind::daemon);
    EXPECT_EQ(answered_at(daemon, 3), daemon.channel);
    ASSERT_TRUE(open(daemon, 3).ok());
    EXPECT_NE(answered_at(daemon, 3), daemon.channel);
    EXPECT_EQ(answered_at(daemon, 4), daemon.channel);
    EXPECT_EQ(answered_at(daemon, 0), daemon.channel);
    os::Frame end = frame_of(FrameKind::line_end, 3);
    EXPECT_TRUE(*lines_.take(daemon, end));
    EXPECT_EQ(answered_at(daemon, 3), daemon.channel);
}

TEST_F(LinesTest, APersonHasNone) {
    const Sender daemon = sender(Sender::Kind::daemon);
    const Sender person = sender(Sender::Kind::person);
    ASSERT_TRUE(open(daemon, 3).ok());
    EXPECT_FALSE(open(person, 4).ok());
    EXPECT_EQ(answered_at(person, 3), person.channel);
    os::Frame end = frame_of(FrameKind::line_end, 3);
    EXPECT_TRUE(*lines_.take(person, end));
    EXPECT_NE(answered_at(daemon, 3), daemon.channel);
}

TEST_F(LinesTest, ALineNeedsItsSocketAndOtherFramesAreLeft) {
    const Sender daemon = sender(Sender::Kind::daemon);
    os::Frame bare = frame_of(FrameKind::line, 3);
    EXPECT_FALSE(lines_.take(daemon, bare).ok());
    os::Frame question = frame_of(FrameKind::question, 3);
    EXPECT_FALSE(*lines_.take(daemon, question));
}

}  // namespace
}  // namespace hs::gate
