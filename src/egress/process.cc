#include "egress/process.h"

namespace hs::egress {

using base::Code;
using base::Result;

namespace {

constexpr std::int64_t housekeeping_ms = 10'000;
// A kept stream of hardshelld costs a thread; one that rests this long is closed.
constexpr std::int64_t stream_idle_ms = 60'000;

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
    made->server_ = TRY(net::HttpServer::make(
        server_limits(limits), [forwarder = &made->forwarder_](net::HttpExchange& exchange) {
            forwarder->serve(exchange);
        }));
    return made;
}

EgressProcess::EgressProcess(os::Fd daemon, os::Fd keeper, Outside outside,
                             const base::Clock& clock, const ProcessLimits& limits, os::WakeUp stop)
    : stop_(std::move(stop)),
      daemon_(std::move(daemon)),
      keeper_(std::move(keeper)),
      admission_(clock),
      link_(keeper_, admission_),
      pool_(outside, limits.dial),
      forwarder_(ForwardParts{admission_, link_, pool_, fingerprints_}, limits.forward),
      outlets_(OutletParts{link_, admission_, outside, clock, fingerprints_, limits.forward,
                           limits.dial, limits.outlet},
               fingerprints_) {
    link_.set_orders(outlets_);
}

EgressProcess::~EgressProcess() = default;

void EgressProcess::run() {
    std::thread daemon([this] {
        serve_daemon();
        stop_.raise();
    });
    outlets_.prepare();
    link_.run(stop_);  // ends with everything stopped
    stop_.raise();
    daemon.join();
    server_->stop(os::Deadline::after_ms(1'000));
    pool_.close_idle();
}

void EgressProcess::serve_daemon() {
    for (;;) {
        auto frame = daemon_.receive(os::Deadline::after_ms(housekeeping_ms), &stop_);
        pool_.close_stale();
        if (!frame && frame.error().code == Code::timed_out) continue;
        if (!frame) return;
        const bool asks = frame->kind == static_cast<std::uint16_t>(EgressFrameKind::connect) &&
                          frame->descriptors.size() == 1;
        // Anything else is not understood; its descriptors close with the frame.
        if (!asks) continue;
        // When all streams are in use the requester reads that as an answer with status 503.
        static_cast<void>(server_->adopt(std::move(frame->descriptors[0]), net::Peer{}));
    }
}

}  // namespace hs::egress
