#include "net/http_server.h"

#include <fmt/format.h>

#include "base/guarded.h"
#include "net/crew.h"
#include "os/socket.h"

namespace hs::net {

using base::Code;
using base::Error;
using base::fail;
using base::Result;

struct HttpServer::Shared {
    Shared(const ServerLimits& given, HttpService serve, os::WakeUp drain_wake, os::WakeUp cut_wake)
        : limits(given),
          service(std::move(serve)),
          drain(std::move(drain_wake)),
          cut(std::move(cut_wake)),
          crew(given.connections_max, given.thread_linger_ms) {}

    const ServerLimits limits;
    const HttpService service;
    const os::WakeUp drain;  // no further request is taken
    const os::WakeUp cut;    // exchanges that run are interrupted
    base::Guarded<std::vector<std::thread>> acceptors;
    std::atomic<bool> stopping{false};
    Crew crew;
};

namespace {

constexpr std::int64_t linger_ms = 2'000;

int status_of_bad_request(const Error& error) {
    if (error.code == Code::exhausted) return 431;
    if (error.code == Code::timed_out) return 408;
    return 400;
}

// Ends a connection whose client may still be sending: closing with unread bytes would reset it
// and could destroy the answer on its way. What comes is read and thrown away for a short time.
void close_softly(Stream& stream) {
    stream.finish_writing();
    stream.set_deadline(os::Deadline::after_ms(linger_ms));
    std::array<std::uint8_t, 16384> waste;
    for (;;) {
        const auto count = stream.read_some(waste);
        if (!count || *count == 0) return;
    }
}

void refuse(Stream& stream, int status, std::string_view why) {
    ResponseHead head;
    head.status = status;
    head.headers = {{"Content-Type", "text/plain; charset=utf-8"},
                    {"Content-Length", std::to_string(why.size())},
                    {"Connection", "close"}};
    if (status == 503) head.headers.add("Retry-After", "1");
    stream.set_deadline(os::Deadline::after_ms(linger_ms));
    // A client that does not read its refusal loses nothing but the refusal.
    static_cast<void>(write_message(stream, format_head(head), base::bytes_of(why)));
}

// One connection from its first byte to its last.
class Connection {
  public:
    Connection(os::Fd socket, const Peer& peer, const ServerLimits& limits)
        : stream_(std::move(socket)), peer_(peer), limits_(limits), reader_(stream_, limits.http) {}

    void serve(const HttpService& service, const os::WakeUp& drain, const os::WakeUp& cut) {
        while (!drain.raised() && await_request(drain)) {
            stream_.set_wake_up(&cut);
            if (!serve_one(service, cut)) break;
        }
    }

  private:
    bool await_request(const os::WakeUp& drain) {
        stream_.set_wake_up(&drain);
        stream_.set_deadline(os::Deadline::after_ms(limits_.times.idle_ms));
        const auto came = reader_.await_message();
        return came.ok() && *came;
    }

    bool serve_one(const HttpService& service, const os::WakeUp& cut) {
        stream_.set_deadline(os::Deadline::after_ms(limits_.times.head_ms));
        auto head = reader_.read_request_head();
        if (!head) return turn_away(head.error());
        reader_.set_body_limit(limits_.http.body_bytes_max);
        if (reader_.content_length().value_or(0) > limits_.http.body_bytes_max) {
            refuse(
                stream_, 413,
                fmt::format("the body is over {} bytes; send less", limits_.http.body_bytes_max));
            close_softly(stream_);
            return false;
        }
        HttpExchange exchange(stream_, reader_, limits_.times, std::move(*head), peer_);
        service(exchange);
        stream_.set_wake_up(&cut);  // the service's own may be gone by now
        if (!exchange.begun()) {
            static_cast<void>(exchange.answer(500, "text/plain", "the request got no answer"));
        }
        if (exchange.reusable()) return true;
        close_softly(stream_);
        return false;
    }

    bool turn_away(const Error& error) {
        const bool peer_talks = error.code != Code::io && error.code != Code::cancelled;
        if (peer_talks) {
            refuse(stream_, status_of_bad_request(error), error.what);
            close_softly(stream_);
        }
        return false;
    }

    SocketStream stream_;
    const Peer peer_;
    const ServerLimits& limits_;
    HttpReader reader_;
};

}  // namespace

Result<std::unique_ptr<HttpServer>> HttpServer::make(const ServerLimits& limits,
                                                     HttpService service) {
    auto drain = TRY(os::WakeUp::make());
    auto cut = TRY(os::WakeUp::make());
    auto shared =
        std::make_unique<Shared>(limits, std::move(service), std::move(drain), std::move(cut));
    return std::unique_ptr<HttpServer>(new HttpServer(std::move(shared)));
}

HttpServer::HttpServer(std::unique_ptr<Shared> shared) : shared_(std::move(shared)) {}

HttpServer::~HttpServer() {
    stop(os::Deadline::after_ms(0));
}

Result<> HttpServer::adopt(os::Fd socket, const Peer& peer) {
    // std::function copies, so the socket's owner is shared with it.
    auto owned = std::make_shared<os::Fd>(std::move(socket));
    auto started = shared_->crew.start([shared = shared_.get(), owned, peer] {
        Connection connection(std::move(*owned), peer, shared->limits);
        connection.serve(shared->service, shared->drain, shared->cut);
    });
    if (started) return started;
    SocketStream refused(std::move(*owned));
    refuse(refused, 503, started.error().what);
    return started;
}

Result<> HttpServer::serve(os::Fd listener, Peer::Kind kind) {
    if (shared_->stopping) return fail(Code::cancelled, "the server is stopping");
    auto owned = std::make_shared<os::Fd>(std::move(listener));
    shared_->acceptors.with([&](std::vector<std::thread>& acceptors) {
        acceptors.emplace_back([this, owned, kind] {
            while (!shared_->stopping) {
                auto socket =
                    os::accept_connection(owned->get(), os::Deadline::never(), &shared_->drain);
                if (!socket && socket.error().code == Code::exhausted) {
                    // Out of descriptors: the waiting client stays readable, so pause.
                    static_cast<void>(os::wait_for(shared_->drain.fd(), os::Ready::readable,
                                                   os::Deadline::after_ms(50)));
                    continue;
                }
                if (!socket) return;
                Peer peer{kind, 0, 0};
                if (kind == Peer::Kind::unix_socket) {
                    const auto held = os::peer_of(socket->get());
                    if (!held) continue;
                    peer.uid = held->uid;
                    peer.pid = held->pid;
                } else {
                    static_cast<void>(os::set_no_delay(socket->get()));
                }
                static_cast<void>(adopt(std::move(*socket), peer));
            }
        });
    });
    return {};
}

void HttpServer::stop(os::Deadline grace) {
    shared_->stopping = true;
    shared_->drain.raise();
    auto acceptors = shared_->acceptors.with(
        [](std::vector<std::thread>& threads) { return std::exchange(threads, {}); });
    for (std::thread& thread : acceptors) thread.join();
    shared_->crew.close();
    if (!shared_->crew.wait_until_idle(grace)) {
        shared_->cut.raise();
        shared_->crew.wait_until_idle(os::Deadline::after_ms(60'000));
    }
}

std::size_t HttpServer::connections() const {
    return shared_->crew.busy();
}

}  // namespace hs::net
