#include "egress/process.h"

#include <cstdio>

namespace hs::egress {

using base::Code;
using base::Result;

namespace {

constexpr std::int64_t housekeeping_ms = 10'000;
// A kept stream of hardshelld costs a thread; one that rests this long is closed.
constexpr std::int64_t stream_idle_ms = 60'000;
constexpr std::int64_t tunnel_linger_ms = 10'000;

net::ServerLimits server_limits(const ProcessLimits& limits) {
    net::ServerLimits server;
    server.connections_max = limits.streams_max;
    // The Envelope's limit replaces this one as soon as the permit is checked.
    server.http.body_bytes_max = UINT64_MAX;
    server.times.idle_ms = stream_idle_ms;
    server.times.body_ms = limits.forward.total_ms;
    return server;
}

}  // namespace

Result<std::unique_ptr<EgressProcess>> EgressProcess::make(os::Fd daemon, os::Fd keeper,
                                                           Outside outside,
                                                           const base::Clock& clock,
                                                           const ProcessLimits& limits) {
    os::WakeUp stop = TRY(os::WakeUp::make());
    std::unique_ptr<EgressProcess> made(new EgressProcess(std::move(daemon), std::move(keeper),
                                                          outside, clock, limits, std::move(stop)));
    const auto forward = [forwarder = &made->forwarder_](net::HttpExchange& exchange) {
        forwarder->serve(exchange);
    };
    made->server_ = TRY(net::HttpServer::make(server_limits(limits), forward));
    net::ServerLimits keeper_limits = server_limits(limits);
    keeper_limits.connections_max = limits.keeper_streams_max;
    made->keeper_server_ = TRY(net::HttpServer::make(keeper_limits, forward));
    return made;
}

EgressProcess::EgressProcess(os::Fd daemon, os::Fd keeper, Outside outside,
                             const base::Clock& clock, const ProcessLimits& limits, os::WakeUp stop)
    : stop_(std::move(stop)),
      resolver_(outside.resolver),
      daemon_(std::move(daemon)),
      keeper_(std::move(keeper)),
      admission_(keeper_, clock),
      tunnels_(Tunnels::Parts{admission_, identities_, outside, limits.dial}),
      link_(keeper_, admission_, requests()),
      pool_(outside, limits.dial),
      forwarder_(ForwardParts{admission_, link_, pool_, fingerprints_, identities_},
                 limits.forward),
      outlets_(OutletParts{link_, admission_, outside, clock, fingerprints_, identities_,
                           limits.forward, limits.dial, limits.outlet},
               fingerprints_),
      messages_(MessageStreams::Parts{admission_, link_, identities_, fingerprints_, outside,
                                      limits.dial, limits.messages, random_, clock}),
      tunnel_crew_(limits.tunnels_max, tunnel_linger_ms),
      message_crew_(limits.message_streams_max, tunnel_linger_ms) {
    link_.set_orders(outlets_);
}

EgressProcess::~EgressProcess() = default;

KeeperLink::Requests EgressProcess::requests() {
    return {[this](os::Fd stream) {
                static_cast<void>(keeper_server_->adopt(std::move(stream), net::Peer{}));
            },
            [this](std::string permit, os::Fd keeper) {
                open_tunnel(std::move(permit), std::move(keeper));
            },
            [this](const NamedIdentity& named) {
                const auto taken = identities_.take(named);
                if (taken) return;
                std::fprintf(stderr, "hardshell-egress: the TLS identity %s: %s\n",
                             named.name.c_str(), taken.error().what.c_str());
            },
            [this](const std::string& servers) { resolver_.use_servers(servers); }};
}

void EgressProcess::open_tunnel(std::string permit, os::Fd keeper) {
    // std::function copies, so the socket's owner is shared with it.
    auto owned = std::make_shared<os::Fd>(std::move(keeper));
    const auto started = tunnel_crew_.start([this, permit = std::move(permit), owned] {
        tunnels_.serve(permit, std::move(*owned), stop_);
    });
    // Without a thread the stream closes, which its opener reads as a failure.
    static_cast<void>(started.ok());
}

void EgressProcess::open_messages(std::string permit, os::Fd requester) {
    auto owned = std::make_shared<os::Fd>(std::move(requester));
    const auto started = message_crew_.start([this, permit = std::move(permit), owned] {
        messages_.serve(permit, std::move(*owned), stop_);
    });
    static_cast<void>(started.ok());  // the closed stream tells
}

void EgressProcess::run() {
    std::thread daemon([this] {
        serve_daemon();
        stop_.raise();
    });
    outlets_.prepare();
    link_.run(stop_);  // ends with everything stopped
    stop_.raise();
    daemon.join();
    tunnel_crew_.close();
    message_crew_.close();
    server_->stop(os::Deadline::after_ms(1'000));
    keeper_server_->stop(os::Deadline::after_ms(1'000));
    pool_.close_idle();
}

void EgressProcess::serve_daemon() {
    for (;;) {
        auto frame = daemon_.receive(os::Deadline::after_ms(housekeeping_ms), &stop_);
        pool_.close_stale();
        if (!frame && frame.error().code == Code::timed_out) continue;
        if (!frame) return;
        const bool streams = frame->kind == static_cast<std::uint16_t>(EgressFrameKind::messages) &&
                             frame->descriptors.size() == 1;
        if (streams) {
            open_messages(std::string(base::text_of(frame->payload)),
                          std::move(frame->descriptors[0]));
            continue;
        }
        const bool asks = frame->kind == static_cast<std::uint16_t>(EgressFrameKind::connect) &&
                          frame->descriptors.size() == 1;
        // Anything else is not understood; its descriptors close with the frame.
        if (!asks) continue;
        // When all streams are in use the requester reads that as an answer with status 503.
        static_cast<void>(server_->adopt(std::move(frame->descriptors[0]), net::Peer{}));
    }
}

}  // namespace hs::egress
