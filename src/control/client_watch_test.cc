#include "control/client_watch.h"

#include <gtest/gtest.h>

#include "os/socket.h"

namespace hs::control {
namespace {

bool raised_within(const os::WakeUp& wake_up, std::int64_t span_ms) {
    return os::wait_for(wake_up.fd(), os::Ready::readable, os::Deadline::after_ms(span_ms)).ok();
}

TEST(ClientWatch, ACloseCancelsThatTurnAlone) {
    ClientWatch watch;
    auto going = *os::stream_pair();
    auto staying = *os::stream_pair();
    const auto gone = *os::WakeUp::make();
    const auto stays = *os::WakeUp::make();
    const ClientWatch::Watched one(watch, going.first.get(), gone);
    const ClientWatch::Watched other(watch, staying.first.get(), stays);
    EXPECT_FALSE(raised_within(gone, ClientWatch::period_ms + 200));
    going.second.close();
    EXPECT_TRUE(raised_within(gone, 5000));
    EXPECT_FALSE(stays.raised());
}

TEST(ClientWatch, WhoHasAnAnswerMayGo) {
    ClientWatch watch;
    auto pair = *os::stream_pair();
    const auto cancel = *os::WakeUp::make();
    ClientWatch::Watched client(watch, pair.first.get(), cancel);
    client.end();
    pair.second.close();
    EXPECT_FALSE(raised_within(cancel, 2 * ClientWatch::period_ms));
}

TEST(ClientWatch, EndsWhileItWatches) {
    auto pair = *os::stream_pair();
    const auto cancel = *os::WakeUp::make();
    auto watch = std::make_unique<ClientWatch>();
    { const ClientWatch::Watched client(*watch, pair.first.get(), cancel); }
    watch.reset();
    EXPECT_FALSE(cancel.raised());
}

}  // namespace
}  // namespace hs::control
