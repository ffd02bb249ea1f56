#include "egress/upstream.h"

#include <fmt/format.h>

#include "egress/walls.h"
#include "os/socket.h"

namespace hs::egress {

using base::Code;
using base::fail;
using base::Result;

namespace {

Reason reason_of_connect(const base::Error& error) {
    if (error.code == Code::timed_out) return Reason::connect_timeout;
    // os::connect_tcp names ECONNREFUSED in its text only; what follows a refusal is the same.
    return error.what.find("refused") != std::string::npos ? Reason::connect_refused
                                                           : Reason::connect_failed;
}

base::ByteView bytes_of(const net::Address& address) {
    const base::ByteView all(address.bytes());
    return all.first(address.family() == net::Address::Family::ipv4 ? 4 : 16);
}

}  // namespace

Result<std::vector<net::Address>> CheckedDialer::permitted_addresses(const net::Endpoint& endpoint,
                                                                     os::Deadline deadline,
                                                                     const os::WakeUp* wake_up,
                                                                     Reason& why) {
    std::vector<net::Address> addresses;
    const auto literal = net::Address::parse(endpoint.host);
    if (literal) {
        addresses.push_back(*literal);
    } else {
        auto found = outside_.resolver.resolve(
            endpoint.host, deadline.earlier(os::Deadline::after_ms(times_.resolve_ms)), wake_up);
        if (!found) {
            why =
                found.error().code == Code::not_found ? Reason::name_unknown : Reason::name_failed;
            return found.failure();
        }
        addresses = std::move(*found);
    }
    // One address that is not permitted spoils them all: a name that mixes public and private
    // addresses is how rebinding looks.
    for (const net::Address& address : addresses) {
        const net::AddressClass which = address.classify();
        if (classes_.has(which) || !stands(Wall::address_classes)) continue;
        why = Reason::address_refused;
        return fail(Code::denied,
                    fmt::format("{} leads to {}, an address of class {}, which the policy does not "
                                "permit for this request; permit that class for the host or use "
                                "another host",
                                endpoint.host, address.text(), net::address_class_name(which)));
    }
    return addresses;
}

Result<Dialled> CheckedDialer::connect_one_of(const std::vector<net::Address>& addresses,
                                              const net::Endpoint& endpoint, os::Deadline deadline,
                                              const os::WakeUp* wake_up, Reason& why) {
    base::Error last{Code::io, "the name has no address", base::Place::here()};
    for (const net::Address& address : addresses) {
        const os::Deadline until = deadline.earlier(os::Deadline::after_ms(times_.connect_ms));
        auto socket = os::connect_tcp(bytes_of(address), endpoint.port, until, wake_up);
        if (socket) {
            return Dialled{std::make_unique<net::SocketStream>(std::move(*socket)), address};
        }
        last = socket.error();
        if (last.code == Code::cancelled) break;
    }
    why = reason_of_connect(last);
    std::string what = last.code == Code::timed_out ? "no answer in time" : last.what;
    return fail(last.code, fmt::format("connecting to {} port {} failed: {}; check that the server "
                                       "runs and can be reached",
                                       endpoint.host, endpoint.port, what));
}

Result<Dialled> CheckedDialer::dial_checked(const net::Endpoint& endpoint, os::Deadline deadline,
                                            const os::WakeUp* wake_up, Reason& why) {
    const auto addresses = TRY(permitted_addresses(endpoint, deadline, wake_up, why));
    Dialled dialled = TRY(connect_one_of(addresses, endpoint, deadline, wake_up, why));
    dialled.stream->set_wake_up(wake_up);
    if (endpoint.security == net::Endpoint::Security::plain) return dialled;
    dialled.stream->set_deadline(deadline.earlier(os::Deadline::after_ms(times_.tls_ms)));
    auto secured = outside_.tls.secure(std::move(dialled.stream), endpoint.host, offered_);
    if (!secured) {
        why =
            secured.error().code == Code::timed_out ? Reason::connect_timeout : Reason::tls_failed;
        return secured.failure();
    }
    dialled.stream = std::move(*secured);
    return dialled;
}

Result<std::unique_ptr<net::Stream>> CheckedDialer::dial(const net::Endpoint& endpoint,
                                                         os::Deadline deadline,
                                                         const os::WakeUp* wake_up) {
    Reason why = Reason::connect_failed;
    return std::move(TRY(dial_checked(endpoint, deadline, wake_up, why)).stream);
}

Result<Connection> UpstreamPool::acquire(const Wanted& wanted, const os::WakeUp* wake_up,
                                         Reason& why) {
    for (;;) {
        auto held = idle_.with([&](std::list<Connection>& idle) -> std::optional<Connection> {
            for (auto one = idle.begin(); one != idle.end(); ++one) {
                // The permit in hand decides, not the one under which it was dialled.
                if (!(one->endpoint == wanted.endpoint) || one->identity != wanted.identity ||
                    !wanted.classes.has(one->address.classify())) {
                    continue;
                }
                std::optional<Connection> taken(std::move(*one));
                idle.erase(one);
                return taken;
            }
            return std::nullopt;
        });
        if (!held) break;
        if (held->idle_until.passed() || !held->client->reusable()) continue;
        held->reused = true;
        held->client->stream().set_wake_up(wake_up);
        return std::move(*held);
    }
    const net::TlsClient& tls = wanted.tls ? *wanted.tls : outside_.tls;
    CheckedDialer dialer(Outside{outside_.resolver, tls}, wanted.classes, times_);
    Dialled dialled =
        TRY(dialer.dial_checked(wanted.endpoint, os::Deadline::never(), wake_up, why));
    Connection made;
    made.endpoint = wanted.endpoint;
    made.identity = wanted.identity;
    made.address = dialled.address;
    made.client = std::make_unique<net::HttpClient>(std::move(dialled.stream));
    return made;
}

void UpstreamPool::release(Connection connection) {
    if (!connection.client->keeps_alive()) return;
    connection.client->stream().set_wake_up(nullptr);
    connection.idle_until = os::Deadline::after_ms(idle_ms);
    std::list<Connection> closing;  // closed outside the lock
    idle_.with([&](std::list<Connection>& idle) {
        idle.push_front(std::move(connection));
        if (idle.size() > idle_max) closing.splice(closing.end(), idle, std::prev(idle.end()));
    });
}

void UpstreamPool::close_idle() {
    const auto closing =
        idle_.with([](std::list<Connection>& idle) { return std::exchange(idle, {}); });
}

void UpstreamPool::close_stale() {
    std::list<Connection> closing;
    idle_.with([&](std::list<Connection>& idle) {
        for (auto one = idle.begin(); one != idle.end();) {
            const auto next = std::next(one);
            if (one->idle_until.passed()) closing.splice(closing.end(), idle, one);
            one = next;
        }
    });
}

}  // namespace hs::egress
