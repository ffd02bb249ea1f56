#include "egress/client.h"

#include "egress/frames.h"
#include "os/socket.h"

namespace hs::egress {

using base::Result;

Result<std::unique_ptr<net::Stream>> EgressClient::open() {
    auto pair = TRY(os::stream_pair());
    TRY(channel_.send(0, static_cast<std::uint16_t>(EgressFrameKind::connect), {},
                      {pair.second.get()}));
    return std::unique_ptr<net::Stream>(std::make_unique<net::SocketStream>(std::move(pair.first)));
}

Result<os::Fd> EgressClient::open_messages(const std::string& permit_field) {
    auto pair = TRY(os::stream_pair());
    TRY(channel_.send(0, static_cast<std::uint16_t>(EgressFrameKind::messages),
                      base::bytes_of(permit_field), {pair.second.get()}));
    return std::move(pair.first);
}

Result<std::unique_ptr<net::HttpClient>> EgressClient::acquire() {
    for (;;) {
        auto held = idle_.with([](std::list<Idle>& idle) -> std::optional<Idle> {
            if (idle.empty()) return std::nullopt;
            std::optional<Idle> taken(std::move(idle.front()));
            idle.pop_front();
            return taken;
        });
        if (!held) break;
        if (!held->until.passed() && held->client->reusable()) return std::move(held->client);
    }
    return std::make_unique<net::HttpClient>(TRY(open()));
}

void EgressClient::release(std::unique_ptr<net::HttpClient> client) {
    if (!client->keeps_alive()) return;
    client->stream().set_wake_up(nullptr);
    std::list<Idle> closing;  // closed outside the lock
    idle_.with([&](std::list<Idle>& idle) {
        idle.push_front({std::move(client), os::Deadline::after_ms(idle_ms)});
        if (idle.size() > idle_max) closing.splice(closing.end(), idle, std::prev(idle.end()));
    });
}

void EgressClient::close_idle() {
    const auto closing = idle_.with([](std::list<Idle>& idle) { return std::exchange(idle, {}); });
}

}  // namespace hs::egress
