#include "hardshell-keeper/outlet.h"

#include <fmt/format.h>

#include <charconv>

#include "crypto/ticket.h"
#include "egress/frames.h"
#include "egress/http.h"
#include "egress/keeper_tunnel.h"
#include "egress/trouble.h"
#include "net/address.h"
#include "os/socket.h"

namespace hs::keeping {

using base::Code;
using base::fail;
using base::Result;

namespace {

constexpr std::int64_t permit_life_ms = 120'000;
// A stream lives long; its permit is used once, when it begins.
constexpr std::int64_t retry_after_max_s = 3600;

// A person has named the host, so it may lie in the organisation's own network. A cloud's metadata
// and link-local addresses never.
net::AddressClasses classes_for(const std::string& host) {
    using net::AddressClass;
    const auto address = net::Address::parse(host);
    const bool local =
        host == "localhost" || (address && address->classify() == AddressClass::loopback);
    if (local) return {AddressClass::loopback};
    return {AddressClass::public_net, AddressClass::private_net, AddressClass::unique_local,
            AddressClass::carrier_nat};
}

ship::Fault fault_of(egress::Reason reason) {
    using egress::Reason;
    using ship::Fault;
    switch (reason) {
        case Reason::name_unknown:
        case Reason::name_failed:
        case Reason::address_refused:
        case Reason::connect_refused:
        case Reason::connect_failed:
            return Fault::unreachable;
        // Also a TCP connection on which nobody speaks TLS.
        case Reason::connect_timeout:
        case Reason::server_timeout:
            return Fault::silent;
        case Reason::tls_failed:
            return Fault::untrusted;
        case Reason::secret_refused:
            return Fault::no_secret;
        case Reason::server_broken:
            return Fault::hung_up;
        case Reason::server_nonsense:
        case Reason::response_refused:
        case Reason::response_too_large:
            return Fault::garbage;
        // Of ourselves, or of what only a sandbox meets.
        case Reason::permit_missing:
        case Reason::permit_refused:
        case Reason::request_refused:
        case Reason::request_broken:
        case Reason::refused_by_policy:
        case Reason::consent_missing:
        case Reason::secret_leaves:
        case Reason::host_disagrees:
        case Reason::over_budget:
        case Reason::busy:
        case Reason::stopped:
            return Fault::unknown;
    }
    return Fault::unknown;
}

// "REASON: words" of egress about a tunnel.
ship::Fault fault_in(std::string_view line) {
    const auto reason = egress::reason_from_name(line.substr(0, line.find(':')));
    return reason ? fault_of(*reason) : ship::Fault::unknown;
}

std::optional<std::int64_t> retry_after(const net::Headers& headers) {
    const auto field = headers.find("Retry-After");
    if (!field) return std::nullopt;
    std::int64_t seconds = 0;
    const auto parsed = std::from_chars(field->data(), field->data() + field->size(), seconds);
    if (parsed.ec != std::errc{} || seconds < 0) return std::nullopt;
    return std::min(seconds, retry_after_max_s) * 1000;
}

// The keeper's end of a tunnel. Only egress's own words are read from it.
class TunnelLine final : public ship::Line {
  public:
    explicit TunnelLine(os::Fd socket) : stream_(std::move(socket)) {}

    // Egress's answer to the request for a connection.
    Result<> await_connection(os::Deadline deadline, const os::WakeUp& stop, ship::Fault& why) {
        stream_.set_wake_up(&stop);
        stream_.set_deadline(deadline);
        const auto line = read_line();
        stream_.set_wake_up(nullptr);
        if (!line) {
            if (line.error().code == Code::timed_out) why = ship::Fault::silent;
            return line.failure();
        }
        if (line->starts_with("connected ")) return {};
        if (!line->starts_with("failed ")) return fail(Code::io, "egress has no stream to give");
        why = fault_in(line->substr(7));
        return fail(Code::io, line->substr(7));
    }

    Result<> write(base::ByteView bytes, os::Deadline deadline, const os::WakeUp& stop) override {
        stream_.set_wake_up(&stop);
        stream_.set_deadline(deadline);
        const auto written = stream_.write_all(bytes);
        stream_.set_wake_up(nullptr);
        if (!written && written.error().code == Code::timed_out) {
            return fail(Code::timed_out, "the receiver does not read");
        }
        return written;
    }

    std::optional<std::string> ended() override {
        if (!stream_.peer_gone()) return std::nullopt;
        return last_words();
    }

    // Egress says something only when the line ends; it closes its side a moment later.
    std::optional<std::string> ended_by(os::Deadline deadline, const os::WakeUp& stop) override {
        const auto said = os::wait_for(stream_.descriptor(), os::Ready::readable, deadline, &stop);
        if (!said) return std::nullopt;
        return last_words();
    }

  private:
    std::string last_words() {
        stream_.set_deadline(os::Deadline::after_ms(100));
        const auto line = read_line();
        if (line && line->starts_with("failed ")) return line->substr(7);
        return "the connection has ended";
    }

    Result<std::string> read_line() {
        std::string line;
        std::array<std::uint8_t, 1> byte{};
        while (line.size() <= egress::tunnel_line_bytes_max) {
            const std::size_t count = TRY(stream_.read_some(byte));
            if (count == 0 || byte[0] == '\n') return line;
            line += static_cast<char>(byte[0]);
        }
        return fail(Code::corrupt, "egress answered too long a line");
    }

    net::SocketStream stream_;
};

}  // namespace

Result<egress::Envelope> KeeperOutlet::envelope_for(const std::string& name) const {
    const auto found = places_.find(name);
    if (found == places_.end()) return fail(Code::denied, "no place of that name is configured");
    const Place& place = found->second;
    egress::Envelope envelope;
    envelope.scheme = place.scheme;
    envelope.host = place.host;
    envelope.port = place.port;
    envelope.credential = place.credential;
    envelope.identity = place.identity;
    envelope.addresses = classes_for(place.host);
    envelope.expiry_ms = parts_.clock.wall_ms() + permit_life_ms;
    envelope.purpose = place.purpose;
    // A store's place says so by itself.
    envelope.decision = place.purpose == egress::Purpose::ship ? "ship " + name : name;
    return envelope;
}

Result<KeeperOutlet::Permit> KeeperOutlet::permit_for(const egress::Envelope& envelope) {
    TRY(envelope.check());
    Permit permit;
    permit.envelope = envelope.pack();
    crypto::Ticket ticket;
    ticket.kind = egress::envelope_ticket_kind;
    ticket.digest = egress::digest_of(permit.envelope);
    ticket.expiry_ms = envelope.expiry_ms;
    ticket.generation = generation_;
    parts_.random.fill(ticket.nonce);
    ticket.issued_by = parts_.instance;
    permit.ticket = crypto::issue_ticket(parts_.ticket_key, ticket);
    return permit;
}

Result<ship::HttpReply> KeeperOutlet::send(const ship::HttpCall& call, os::Deadline deadline,
                                           const os::WakeUp& stop, ship::Fault& why) {
    egress::Envelope envelope = TRY(envelope_for(call.sink));
    envelope.methods = {call.method};
    envelope.target = call.target;
    envelope.body_bytes_max = call.body.size();
    envelope.response_bytes_max = ship::reply_bytes_max;
    const Permit permit = TRY(permit_for(envelope));
    egress::OutgoingRequest request{call.method, "", {}, base::bytes_of(call.body)};
    for (const auto& [name, value] : call.headers) request.headers.add(name, value);
    std::optional<egress::Reason> reason;
    auto answer = egress::exchange(client_, permit.ticket, permit.envelope, request,
                                   {deadline, &stop, &reason});
    if (!answer) {
        if (reason) why = fault_of(*reason);
        if (!reason && answer.error().code == Code::timed_out) why = ship::Fault::silent;
        return answer.failure();
    }
    ship::HttpReply reply;
    reply.status = answer->head().status;
    reply.retry_after_ms = retry_after(answer->head().headers);
    auto body = answer->whole_body(deadline);
    if (!body) {
        const bool silent = body.error().code == Code::timed_out;
        why = silent ? ship::Fault::silent : ship::Fault::hung_up;
        return body.failure();
    }
    reply.body = *std::move(body);
    return reply;
}

Result<std::unique_ptr<ship::Line>> KeeperOutlet::connect(const std::string& sink,
                                                          os::Deadline deadline,
                                                          const os::WakeUp& stop,
                                                          ship::Fault& why) {
    egress::Envelope envelope = TRY(envelope_for(sink));
    envelope.purpose = egress::Purpose::stream;
    envelope.methods = {"STREAM"};
    envelope.target = "/";
    const Permit permit = TRY(permit_for(envelope));
    auto pair = TRY(os::stream_pair());
    const std::string field = egress::permit_field(permit.ticket, permit.envelope);
    TRY(parts_.egress.send(0, static_cast<std::uint16_t>(egress::EgressFrameKind::tunnel),
                           base::bytes_of(field), {pair.second.get()}));
    pair.second.close();
    auto line = std::make_unique<TunnelLine>(std::move(pair.first));
    TRY(line->await_connection(deadline, stop, why));
    return std::unique_ptr<ship::Line>(std::move(line));
}

}  // namespace hs::keeping
