#include "channels/listening.h"

namespace hs::channels {

using base::Result;

std::function<void(const Result<>&)> AllKept::of(std::size_t count,
                                                 std::function<void(bool)> told) {
    struct State {
        std::mutex mutex;
        std::size_t left;
        bool kept = true;
        std::function<void(bool)> told;
    };
    if (count == 0) {
        told(true);
        return [](const Result<>&) {};
    }
    auto state = std::make_shared<State>();
    state->left = count;
    state->told = std::move(told);
    return [state](const Result<>& kept) {
        std::unique_lock lock(state->mutex);
        state->kept = state->kept && kept.ok();
        if (state->left == 0 || --state->left > 0) return;
        const bool all = state->kept;
        lock.unlock();
        state->told(all);
    };
}

Health Listening::await_connected(const base::Guarded<Health>& health) {
    constexpr std::int64_t patience_ms = 5'000;
    constexpr std::int64_t look_ms = 50;
    const auto read = [&] { return health.with([](const Health& held) { return held; }); };
    const auto never = os::WakeUp::make();
    const os::Deadline until = os::Deadline::after_ms(patience_ms);
    while (never && read().state != "connected" && !until.passed()) {
        static_cast<void>(
            os::wait_for(never->fd(), os::Ready::readable, os::Deadline::after_ms(look_ms)).ok());
    }
    return read();
}

void Listening::set_state(const std::string& state, const std::string& problem) {
    health_.with([&](Health& held) {
        held.state = state;
        held.problem = problem;
        if (state == "connected") ++held.connections;
    });
}

void Listening::listen_until(const os::WakeUp& stop, Receiver& receiver, const Take& take) {
    std::int64_t pause_ms = 0;
    while (!stop.raised()) {
        auto opened = passage_.listen(&stop);
        if (!opened) {
            if (!stop.raised()) set_state("failed", opened.error().what);
            pause_ms = std::min(std::max(pause_ms * 2, times_.retry_ms), times_.retry_max_ms);
        } else {
            pause_ms = times_.retry_ms;
            set_state("connected");
            const std::shared_ptr<egress::MessageLine> line = std::move(*opened);
            for (;;) {
                const auto hook = line->receive_hook(os::Deadline::never(), &stop);
                if (!hook) {
                    if (!stop.raised()) set_state("waiting", hook.error().what);
                    break;
                }
                if (hook->number == 0) {
                    receiver.note(hook->body);
                    continue;
                }
                take(*hook, [line, number = hook->number](bool kept) {
                    using Kept = egress::MessageLine::Kept;
                    static_cast<void>(line->answer_hook(number, kept ? Kept::yes : Kept::no).ok());
                });
            }
            line->close();
        }
        if (os::wait_for(stop.fd(), os::Ready::readable, os::Deadline::after_ms(pause_ms))) break;
    }
    set_state("stopped");
}

}  // namespace hs::channels
