#include "egress/outlet_connection.h"

#include <fmt/format.h>
#include <sys/socket.h>

#include "egress/dns_message.h"
#include "egress/peeked_stream.h"
#include "egress/socks.h"
#include "egress/walls.h"
#include "os/datagram.h"
#include "os/socket.h"
#include "wire/json.h"

namespace hs::egress {

using base::Bytes;
using base::ByteView;
using base::Code;
using base::fail;
using base::Result;
using gate::ConnectionAnswer;
using gate::ConnectionAsk;

namespace {

constexpr std::uint16_t https_port = 443;
constexpr std::size_t names_of_connection_max = 64;

net::Address address_from(const os::SocketAddress& from) {
    if (from.is_ipv4()) {
        return net::Address::ipv4(from.bytes[12], from.bytes[13], from.bytes[14], from.bytes[15]);
    }
    return net::Address::ipv6(from.bytes);
}

net::HttpLimits head_limits() {
    net::HttpLimits limits;
    limits.body_bytes_max = UINT64_MAX;  // the grant's limit replaces it
    return limits;
}

void answer_refusal(net::HttpExchange& exchange, const Trouble& trouble) {
    net::ResponseHead head;
    head.status = status_of(trouble.reason);
    head.headers = {{"Content-Type", "application/json"},
                    {"Hardshell-Error", std::string(reason_name(trouble.reason))},
                    {"Connection", "close"}};
    static_cast<void>(exchange.answer(std::move(head), to_json_text(trouble)));
}

}  // namespace

Bytes answer_name(NameBook& names, ByteView query) {
    constexpr std::uint16_t type_a = 1;
    const auto question = parse_dns_question(query);
    if (!question) return {};
    const std::string& name = question->name;
    if (name == "localhost" || name.ends_with(".localhost")) {
        const auto here = net::Address::ipv4(127, 0, 0, 1);
        return dns_answer(*question, DnsStatus::ok,
                          question->type == type_a ? std::optional(here) : std::nullopt);
    }
    const auto host = net::canonical_host(name);
    const bool reverse = name.ends_with(".arpa");
    if (!host || reverse || net::looks_numeric(*host)) {
        return dns_answer(*question, DnsStatus::no_such_name, std::nullopt);
    }
    // Only IPv4 stands for names; without an answer of another type no hello is encrypted.
    if (question->type != type_a) return dns_answer(*question, DnsStatus::ok, std::nullopt);
    const auto address = names.address_of(*host);
    if (!address) return dns_answer(*question, DnsStatus::refused, std::nullopt);
    return dns_answer(*question, DnsStatus::ok, *address);
}

void OutletConnection::serve(os::OutletKind kind) {
    static_cast<void>(os::set_no_delay(socket_.get()));
    switch (kind) {
        case os::OutletKind::names_udp:
            return;
        case os::OutletKind::names_tcp:
            return serve_names();
        case os::OutletKind::ssh:
            return serve_ssh();
        case os::OutletKind::http:
            return serve_http();
        case os::OutletKind::https:
            return serve_https();
        case os::OutletKind::proxy:
            return serve_proxy();
        case os::OutletKind::socks:
            return serve_socks();
    }
}

Result<HostAndPort> OutletConnection::destination() const {
    const os::SocketAddress local = TRY(os::local_address(socket_.get()));
    const net::Address address = address_from(local);
    if (NameBook::is_synthetic(address)) {
        const auto name = network_.names.name_of(address);
        if (!name) return fail(Code::not_found, "the address stands for no name");
        return HostAndPort{*name, local.port};
    }
    if (address.classify() == net::AddressClass::loopback) {
        return fail(Code::denied, "nothing listens there in the sandbox");
    }
    return HostAndPort{address.text(), local.port};
}

OutletConnection::Opened OutletConnection::open(const HostAndPort& to, bool is_tls,
                                                ConnectionAsk::Inside inside) {
    ConnectionAsk ask;
    ask.sandbox = network_.order.sandbox;
    ask.kind = ConnectionAsk::Kind::open;
    ask.host = to.host;
    ask.port = to.port;
    ask.is_tls = is_tls;
    ask.inside = inside;
    auto verdict = network_.verdicts.decide(ask, stop_);
    if (auto* trouble = std::get_if<Trouble>(&verdict)) return std::move(*trouble);
    auto& answer = std::get<ConnectionAnswer>(verdict);
    decision_ = answer.decision;
    if (answer.outcome != ConnectionAnswer::Outcome::tunnel) return std::move(answer);
    if (auto trouble = network_.pins.settle(ask, stop_)) return std::move(*trouble);
    return std::move(answer);
}

Result<Bytes> OutletConnection::read_first(std::size_t bytes_max) {
    Bytes bytes(bytes_max);
    TRY(os::wait_for(socket_.get(), os::Ready::readable,
                     os::Deadline::after_ms(network_.parts.times.first_bytes_ms), &stop_));
    const ssize_t count = ::recv(socket_.get(), bytes.data(), bytes.size(), MSG_DONTWAIT);
    if (count <= 0) return fail(Code::io, "the program said nothing");
    bytes.resize(static_cast<std::size_t>(count));
    return bytes;
}

Result<ClientHello> OutletConnection::read_hello(Bytes& first) {
    const os::Deadline deadline = os::Deadline::after_ms(network_.parts.times.first_bytes_ms);
    for (;;) {
        if (!first.empty()) {
            const auto hello = TRY(parse_client_hello(first));
            if (hello) return *hello;
        }
        if (deadline.passed()) return fail(Code::timed_out, "the TLS hello did not come in time");
        const Bytes more = TRY(read_first(16384));
        first.insert(first.end(), more.begin(), more.end());
    }
}

std::unique_ptr<net::Stream> OutletConnection::stream_of(Bytes first) {
    auto socket = std::make_unique<net::SocketStream>(std::move(socket_));
    socket->set_wake_up(&stop_);
    return std::make_unique<PeekedStream>(std::move(socket), std::move(first));
}

void OutletConnection::record(const HostAndPort& to, const Traffic& traffic,
                              const std::string& address) {
    wire::Json json;
    json["sandbox"] = network_.order.sandbox;
    json["decision"] = decision_;
    json["purpose"] = "tunnel";
    json["host"] = to.host;
    json["port"] = static_cast<std::int64_t>(to.port);
    if (!address.empty()) json["address"] = address;
    json["sent_bytes"] = static_cast<std::int64_t>(traffic.sent_bytes);
    json["received_bytes"] = static_cast<std::int64_t>(traffic.received_bytes);
    if (traffic.trouble) {
        json["error"]["code"] = reason_name(traffic.trouble->reason);
        json["error"]["what"] = traffic.trouble->what;
    }
    network_.parts.keeper.record(json);
}

void OutletConnection::record_refusal(const HostAndPort& to, const Trouble& trouble) {
    Traffic traffic;
    traffic.trouble = trouble;
    record(to, traffic, "");
}

std::variant<Dialled, Trouble> OutletConnection::dial(const HostAndPort& to) {
    CheckedDialer dialer(Outside{network_.pins, network_.parts.outside.tls}, decided_classes,
                         network_.parts.dial);
    Reason why = Reason::connect_failed;
    auto dialled = dialer.dial_checked({to.host, to.port, net::Endpoint::Security::plain},
                                       os::Deadline::never(), &stop_, why);
    if (!dialled) return trouble_of(dialled.error(), why);
    return std::move(*dialled);
}

void OutletConnection::relay(const HostAndPort& to, Dialled server, TunnelRules rules,
                             Bytes first) {
    rules.idle_ms = network_.parts.times.idle_ms;
    const Traffic traffic =
        run_tunnel({socket_.get(), server.stream->descriptor(), std::move(first)}, rules,
                   network_.budget, network_.parts.fingerprints.table(), stop_);
    record(to, traffic, server.address.text());
}

void OutletConnection::tunnel(const HostAndPort& to, Bytes first, bool must_be_tls) {
    auto dialled = dial(to);
    if (auto* trouble = std::get_if<Trouble>(&dialled)) {
        record_refusal(to, *trouble);
        if (must_be_tls) refuse_tls(to.host, std::move(first), *trouble);
        return;
    }
    relay(to, std::get<Dialled>(std::move(dialled)), {to.host, must_be_tls}, std::move(first));
}

void OutletConnection::serve_ssh() {
    const auto to = destination();
    if (!to) return;
    auto opened = open(*to, false, ConnectionAsk::Inside::opaque);
    if (const auto* trouble = std::get_if<Trouble>(&opened)) return record_refusal(*to, *trouble);
    tunnel(*to, {}, false);
}

void OutletConnection::serve_http() {
    const auto to = destination();
    if (!to) return;
    HttpPlace place;
    // At an address the Host field may give the name; it is looked up anew, here.
    place.host = net::Address::parse(to->host) ? std::string() : to->host;
    place.port = to->port;
    const auto stream = stream_of({});
    serve_requests(*stream, place);
}

void OutletConnection::serve_https() {
    auto to = destination();
    if (!to) return;
    Bytes first;
    const auto hello = read_hello(first);
    if (!hello && !stands(Wall::tls_only)) return tunnel(*to, std::move(first), false);
    if (!hello) return record_refusal(*to, {Reason::host_disagrees, hello.error().what});
    // Who has looked a name up elsewhere dials an address and names the host in its hello.
    if (net::Address::parse(to->host) && !hello->server_name.empty()) to->host = hello->server_name;
    auto opened = open(*to, true, ConnectionAsk::Inside::http);
    if (const auto* trouble = std::get_if<Trouble>(&opened)) {
        record_refusal(*to, *trouble);
        return refuse_tls(to->host, std::move(first), *trouble);
    }
    if (std::get<ConnectionAnswer>(opened).outcome == ConnectionAnswer::Outcome::inspect) {
        return inspect(*to, std::move(first));
    }
    if (const auto trouble = check_hello(*hello, to->host)) {
        record_refusal(*to, *trouble);
        return refuse_tls(to->host, std::move(first), *trouble);
    }
    tunnel(*to, std::move(first), true);
}

// CONNECT and SOCKS: the reply tells whether it is open, with the Trouble if it is not.
void OutletConnection::serve_connect(const HostAndPort& to,
                                     const std::function<bool(const Trouble*)>& reply) {
    const bool expects_tls = to.port == https_port;
    const auto inside = to.port == 22 ? ConnectionAsk::Inside::opaque : ConnectionAsk::Inside::http;
    auto opened = open(to, expects_tls, inside);
    if (const auto* trouble = std::get_if<Trouble>(&opened)) {
        record_refusal(to, *trouble);
        reply(trouble);
        return;
    }
    if (std::get<ConnectionAnswer>(opened).outcome == ConnectionAnswer::Outcome::inspect) {
        if (!reply(nullptr)) return;
        auto first = read_first(16384);
        if (first) inspect(to, std::move(*first));
        return;
    }
    auto dialled = dial(to);
    if (const auto* trouble = std::get_if<Trouble>(&dialled)) {
        record_refusal(to, *trouble);
        reply(trouble);
        return;
    }
    if (!reply(nullptr)) return;
    relay(to, std::get<Dialled>(std::move(dialled)), {to.host, expects_tls}, {});
}

void OutletConnection::serve_proxy() {
    auto stream = std::make_unique<net::SocketStream>(std::move(socket_));
    stream->set_wake_up(&stop_);
    net::HttpReader reader(*stream, head_limits());
    const auto& times = network_.parts.times;
    const HttpPlace place{HttpPlace::Form::absolute, Scheme::http, "", 80};
    for (;;) {
        stream->set_deadline(os::Deadline::after_ms(times.http.idle_ms));
        const auto came = reader.await_message();
        if (!came || !*came) return;
        stream->set_deadline(os::Deadline::after_ms(times.first_bytes_ms));
        auto head = reader.read_request_head();
        if (!head) return;
        const bool connects = head->method == "CONNECT";
        const auto to =
            connects ? parse_host_port(head->target, 0) : Result<HostAndPort>(HostAndPort{});
        reader.set_body_limit(UINT64_MAX);
        net::HttpExchange exchange(*stream, reader, times.http, std::move(*head), net::Peer{});
        if (!connects) {
            network_.forwarder.serve(exchange, [&](net::HttpExchange& requester) {
                return grant_for_sandbox(network_, place, requester, stop_);
            });
            stream->set_wake_up(&stop_);
            if (!exchange.reusable()) return;
            continue;
        }
        if (!to || reader.has_buffered()) {
            const std::string what = to ? "bytes came before the connection was open"
                                        : "CONNECT takes host:port: " + to.error().what;
            return answer_refusal(exchange, {Reason::request_refused, what});
        }
        // From here on the socket is spoken to directly; the stream lives on for the reply.
        socket_ = os::Fd(::dup(stream->descriptor()));
        if (!socket_) return;
        return serve_connect(*to, [&](const Trouble* trouble) {
            if (trouble != nullptr) answer_refusal(exchange, *trouble);
            stream->set_deadline(os::Deadline::after_ms(times.http.write_ms));
            return trouble == nullptr &&
                   stream->write_all(base::bytes_of("HTTP/1.1 200 Connection established\r\n\r\n"))
                       .ok();
        });
    }
}

void OutletConnection::serve_socks() {
    net::SocketStream stream(os::Fd(::dup(socket_.get())));
    stream.set_wake_up(&stop_);
    stream.set_deadline(os::Deadline::after_ms(network_.parts.times.first_bytes_ms));
    Bytes held;
    const auto more = [&] {
        const auto bytes = held.size() < socks_bytes_max ? read_first(socks_bytes_max)
                                                         : fail(Code::exhausted, "too long");
        if (bytes) held.insert(held.end(), bytes->begin(), bytes->end());
        return bytes.ok();
    };
    auto greeting = parse_socks_greeting(held);
    while (greeting && !*greeting && more()) greeting = parse_socks_greeting(held);
    if (!greeting || !*greeting) return;
    held.erase(held.begin(), held.begin() + static_cast<std::ptrdiff_t>(**greeting));
    if (!stream.write_all(Bytes{5, 0})) return;
    auto target = parse_socks_request(held);
    while (target && !*target && more()) target = parse_socks_request(held);
    if (!target || !*target || held.size() != (*target)->bytes) {
        static_cast<void>(stream.write_all(socks_reply(SocksReply::unsupported)));
        return;
    }
    serve_connect({(*target)->host, (*target)->port}, [&](const Trouble* trouble) {
        stream.set_deadline(os::Deadline::after_ms(network_.parts.times.http.write_ms));
        const auto reply = trouble == nullptr                  ? SocksReply::granted
                           : status_of(trouble->reason) == 403 ? SocksReply::not_allowed
                                                               : SocksReply::failed;
        return stream.write_all(socks_reply(reply)).ok() && trouble == nullptr;
    });
}

void OutletConnection::serve_names() {
    net::SocketStream stream(std::move(socket_));
    stream.set_wake_up(&stop_);
    const auto read_exactly = [&](std::span<std::uint8_t> out) {
        while (!out.empty()) {
            const auto count = stream.read_some(out);
            if (!count || *count == 0) return false;
            out = out.subspan(*count);
        }
        return true;
    };
    for (std::size_t i = 0; i < names_of_connection_max; ++i) {
        stream.set_deadline(os::Deadline::after_ms(network_.parts.times.first_bytes_ms));
        std::array<std::uint8_t, 2> length{};
        if (!read_exactly(length)) return;
        Bytes query(static_cast<std::size_t>((length[0] << 8U) | length[1]));
        if (query.size() > dns_bytes_max || !read_exactly(query)) return;
        const Bytes answer = answer_name(network_.names, query);
        if (answer.empty()) return;
        Bytes framed{static_cast<std::uint8_t>(answer.size() >> 8U),
                     static_cast<std::uint8_t>(answer.size())};
        framed.insert(framed.end(), answer.begin(), answer.end());
        if (!stream.write_all(framed)) return;
    }
}

void OutletConnection::inspect(const HostAndPort& to, Bytes first) {
    if (!first.empty() && may_be_tls(first.front())) return inspect_tls(to, std::move(first));
    const auto stream = stream_of(std::move(first));
    serve_requests(*stream, {HttpPlace::Form::origin, Scheme::http, to.host, to.port});
}

void OutletConnection::inspect_tls(const HostAndPort& to, Bytes first) {
    const auto hello = read_hello(first);
    if (!hello) return record_refusal(to, {Reason::host_disagrees, hello.error().what});
    const bool is_name = !net::Address::parse(to.host);
    const bool agrees = hello->server_name.empty() || hello->server_name == to.host;
    if (is_name && !agrees && stands(Wall::hello)) {
        return record_refusal(to, {Reason::host_disagrees,
                                   fmt::format("the connection is for {}, and its TLS hello for {}",
                                               to.host, hello->server_name)});
    }
    const auto server = network_.authority->server_for(to.host);
    if (!server) return record_refusal(to, {Reason::tls_failed, server.error().what});
    auto stream = stream_of(std::move(first));
    stream->set_deadline(os::Deadline::after_ms(network_.parts.times.first_bytes_ms));
    auto secured = (*server)->accept(std::move(stream));
    if (!secured) {
        return record_refusal(
            to, {Reason::tls_failed,
                 "the program does not accept being looked into (it trusts other certificates, or "
                 "speaks no HTTP/1.1): " +
                     secured.error().what});
    }
    serve_requests(**secured, {HttpPlace::Form::origin, Scheme::https, to.host, to.port});
    (*secured)->finish_writing();
}

void OutletConnection::serve_requests(net::Stream& stream, const HttpPlace& place) {
    const auto& times = network_.parts.times;
    net::HttpReader reader(stream, head_limits());
    for (;;) {
        stream.set_deadline(os::Deadline::after_ms(times.http.idle_ms));
        const auto came = reader.await_message();
        if (!came || !*came) return;
        stream.set_deadline(os::Deadline::after_ms(times.first_bytes_ms));
        auto head = reader.read_request_head();
        if (!head) return;
        reader.set_body_limit(UINT64_MAX);
        net::HttpExchange exchange(stream, reader, times.http, std::move(*head), net::Peer{});
        network_.forwarder.serve(exchange, [&](net::HttpExchange& requester) {
            return grant_for_sandbox(network_, place, requester, stop_);
        });
        stream.set_wake_up(&stop_);
        if (!exchange.reusable()) return;
    }
}

// Says why, in the one form that a TLS client can read: an answer from a server it trusts.
void OutletConnection::refuse_tls(const std::string& host, Bytes first, const Trouble& trouble) {
    const auto server = network_.authority->server_for(host);
    if (!server || trouble.reason == Reason::stopped) return;
    const auto& times = network_.parts.times;
    auto stream = stream_of(std::move(first));
    stream->set_deadline(os::Deadline::after_ms(times.first_bytes_ms));
    auto secured = (*server)->accept(std::move(stream));
    if (!secured) return;
    net::HttpReader reader(**secured, head_limits());
    auto head = reader.read_request_head();
    if (!head) return;
    net::HttpExchange exchange(**secured, reader, times.http, std::move(*head), net::Peer{});
    answer_refusal(exchange, trouble);
    (*secured)->finish_writing();
}

}  // namespace hs::egress
