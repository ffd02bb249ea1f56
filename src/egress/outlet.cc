#include "egress/outlet.h"

#include <fmt/format.h>
#include <poll.h>

#include "egress/dns_message.h"
#include "os/datagram.h"
#include "os/outlet.h"
#include "os/socket.h"

namespace hs::egress {

using base::Code;
using base::fail;
using base::Result;

namespace {
constexpr std::int64_t thread_linger_ms = 2'000;
constexpr int names_at_once = 32;
constexpr std::int64_t tell_ms = 1'000;
}  // namespace

Result<std::unique_ptr<Outlet>> Outlet::open(gate::SandboxOrder order,
                                             std::shared_ptr<net::Authority> authority,
                                             std::vector<os::Fd> listeners,
                                             const OutletParts& parts) {
    if (listeners.size() != os::outlets.size()) {
        return fail(Code::invalid_input, "a sandbox has another number of listeners");
    }
    for (const os::Fd& one : listeners) TRY(os::set_blocking(one.get(), os::Blocking::no));
    auto closing = TRY(os::WakeUp::make());
    auto epoch = TRY(os::WakeUp::make());
    std::unique_ptr<Outlet> made(new Outlet(std::move(order), std::move(authority),
                                            std::move(listeners), parts, std::move(closing)));
    made->epoch_.with([&](auto& held) { held = std::make_shared<os::WakeUp>(std::move(epoch)); });
    made->thread_ = std::thread([raw = made.get()] { raw->listen(); });
    return made;
}

Outlet::Outlet(gate::SandboxOrder order, std::shared_ptr<net::Authority> authority,
               std::vector<os::Fd> listeners, const OutletParts& parts, os::WakeUp closing)
    : network_(std::move(order), std::move(authority), parts),
      listeners_(std::move(listeners)),
      closing_(std::move(closing)),
      crew_(static_cast<std::size_t>(network_.order.limits.open_max), thread_linger_ms) {}

Outlet::~Outlet() {
    closing_.raise();
    if (thread_.joinable()) thread_.join();
    epoch_.with([](auto& held) { held->raise(); });
    crew_.close();
    // Every wait of a connection hears the epoch, so this ends.
    crew_.wait_until_idle(os::Deadline::never());
    network_.pool.close_idle();
}

void Outlet::cut() {
    auto fresh = os::WakeUp::make();
    network_.verdicts.forget();
    network_.pins.forget();
    network_.pool.close_idle();
    epoch_.with([&](auto& held) {
        held->raise();
        // Without a new one nothing more is let out: connections find the old one raised.
        if (fresh) held = std::make_shared<os::WakeUp>(std::move(*fresh));
    });
}

void Outlet::listen() {
    std::vector<pollfd> items;
    for (const os::Fd& one : listeners_) items.push_back({one.get(), POLLIN, 0});
    items.push_back({closing_.fd(), POLLIN, 0});
    for (;;) {
        if (::poll(items.data(), items.size(), -1) < 0) continue;  // a signal
        if (items.back().revents != 0) return tell_turned_away();
        for (std::size_t i = 0; i < listeners_.size(); ++i) {
            if (items[i].revents == 0) continue;
            const os::OutletKind kind = os::outlets[i].kind;
            if (kind == os::OutletKind::names_udp) {
                answer_names(listeners_[i]);
            } else {
                accept(kind, listeners_[i]);
            }
        }
    }
}

void Outlet::answer_names(const os::Fd& socket) {
    for (int i = 0; i < names_at_once; ++i) {
        const auto question = os::receive_datagram(socket.get(), dns_bytes_max);
        if (!question) return;
        const base::Bytes answer = answer_name(network_.names, question->bytes);
        // Who does not read its answer asks again.
        if (!answer.empty()) {
            static_cast<void>(os::answer_datagram(socket.get(), *question, answer).ok());
        }
    }
}

void Outlet::accept(os::OutletKind kind, const os::Fd& listener) {
    auto socket = os::accept_connection(listener.get(), os::Deadline::after_ms(0), nullptr);
    if (!socket) {
        if (socket.error().code != Code::exhausted) return;
        // Out of descriptors: what waits stays readable, so pause.
        static_cast<void>(
            os::wait_for(closing_.fd(), os::Ready::readable, os::Deadline::after_ms(50)).ok());
        return;
    }
    auto owned = std::make_shared<os::Fd>(std::move(*socket));
    const auto stop = epoch_.with([](auto& held) { return held; });
    // When as many are open as the profile allows, the connection closes again.
    const auto begun = crew_.start([this, owned, stop, kind] {
        OutletConnection connection(network_, std::move(*owned), *stop);
        connection.serve(kind);
    });
    if (!begun) turn_away();
}

void Outlet::turn_away() {
    ++turned_away_;
    const auto now = std::chrono::steady_clock::now();
    if (now - told_ < std::chrono::milliseconds(tell_ms)) return;
    told_ = now;
    tell_turned_away();
}

void Outlet::tell_turned_away() {
    if (turned_away_ == 0) return;
    wire::Json json = wire::JsonObject{{"sandbox", network_.order.sandbox},
                                       {"purpose", "tunnel"},
                                       {"turned_away", std::exchange(turned_away_, 0)},
                                       {"sent_bytes", 0},
                                       {"received_bytes", 0},
                                       {"duration_ms", 0}};
    json["error"] = wire::JsonObject{
        {"code", reason_name(Reason::busy)},
        {"what", fmt::format("{} connections are open at once, as many as the profile allows",
                             network_.order.limits.open_max)}};
    network_.parts.keeper.record(json);
}

}  // namespace hs::egress
