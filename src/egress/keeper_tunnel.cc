#include "egress/keeper_tunnel.h"

#include <fmt/format.h>
#include <poll.h>

#include <array>

#include "os/socket.h"

namespace hs::egress {

using base::Code;
using base::fail;
using base::Result;

namespace {

constexpr std::int64_t write_ms = 60'000;
// A server that sends half a record keeps nothing waiting for longer.
constexpr std::int64_t part_ms = 50;
// Bounds what is on its way when the connection breaks: the sender sends a window of it again.
constexpr int send_buffer_bytes = 256 << 10;

void say(net::Stream& keeper, const std::string& line) {
    keeper.set_deadline(os::Deadline::after_ms(1'000));
    const auto said =
        keeper.write_all(base::bytes_of(line.substr(0, tunnel_line_bytes_max) + "\n"));
    static_cast<void>(said.ok());  // a keeper that is gone needs no word
}

// A wait that was interrupted is a stop, whatever was being done.
std::string reason_of(const base::Error& error, std::string_view usual) {
    if (error.code == Code::cancelled) return "stopped";
    return fmt::format("{}: {}", usual, error.what);
}

// Moves bytes until one side ends; the reason of the end.
class Pump {
  public:
    Pump(net::Stream& keeper, net::Stream& server, const os::WakeUp& revoked,
         const os::WakeUp& stop)
        : keeper_(keeper), server_(server), revoked_(revoked), stop_(stop) {}

    std::string run() {
        for (;;) {
            std::array<pollfd, 4> items{};
            items[0] = {keeper_.descriptor(), POLLIN, 0};
            items[1] = {server_.descriptor(), POLLIN, 0};
            items[2] = {revoked_.fd(), POLLIN, 0};
            items[3] = {stop_.fd(), POLLIN, 0};
            const bool waiting = server_.has_buffered();
            if (::poll(items.data(), items.size(), waiting ? 0 : -1) < 0) continue;
            if (items[2].revents != 0 || items[3].revents != 0) return "stopped";
            if (waiting || items[1].revents != 0) {
                if (auto ended = drop_answer()) return *ended;
            }
            if (items[0].revents != 0) {
                if (auto ended = pass_on()) return *ended;
            }
        }
    }

  private:
    std::optional<std::string> drop_answer() {
        server_.set_deadline(os::Deadline::after_ms(part_ms));
        const auto count = server_.read_some(piece_);
        if (!count) {
            // Half a record has come; the rest will.
            if (count.error().code == Code::timed_out) return std::nullopt;
            return reason_of(count.error(), "server_broken");
        }
        if (*count == 0) return "server_broken: the server has ended the connection";
        return std::nullopt;
    }

    std::optional<std::string> pass_on() {
        keeper_.set_deadline(os::Deadline::after_ms(part_ms));
        const auto count = keeper_.read_some(piece_);
        if (!count || *count == 0) {
            server_.set_deadline(os::Deadline::after_ms(1'000));
            server_.finish_writing();
            return "stopped";
        }
        server_.set_deadline(os::Deadline::after_ms(write_ms));
        const auto written = server_.write_all(base::ByteView(piece_).first(*count));
        if (!written) return reason_of(written.error(), "server_timeout");
        return std::nullopt;
    }

    net::Stream& keeper_;
    net::Stream& server_;
    const os::WakeUp& revoked_;
    const os::WakeUp& stop_;
    std::array<std::uint8_t, 16384> piece_{};
};

}  // namespace

Result<Dialled> Tunnels::reach(const Envelope& envelope, const os::WakeUp& stop) {
    if (envelope.purpose != Purpose::stream) {
        return fail(Code::denied, "the permit is not for a stream");
    }
    const auto tls = TRY(parts_.identities.find(envelope.identity));
    CheckedDialer dialer(Outside{parts_.outside.resolver, tls ? *tls : parts_.outside.tls},
                         envelope.addresses, parts_.times, net::Offered::nothing);
    Reason why = Reason::connect_failed;
    const net::Endpoint endpoint{envelope.host, envelope.port, net::Endpoint::Security::tls};
    auto dialled = dialer.dial_checked(endpoint, os::Deadline::never(), &stop, why);
    if (dialled) return dialled;
    return fail(dialled.error().code,
                fmt::format("{}: {}", reason_name(why), dialled.error().what));
}

void Tunnels::serve(const std::string& permit_field, os::Fd keeper, const os::WakeUp& stop) {
    net::SocketStream requester(std::move(keeper));
    auto admitted = parts_.admission.admit(permit_field);
    if (!admitted) return say(requester, "failed permit_refused: " + admitted.error().what);
    const os::WakeUp& revoked = (*admitted)->stop();
    auto dialled = reach((*admitted)->envelope(), revoked);
    if (!dialled) return say(requester, "failed " + dialled.error().what);
    const auto bounded = os::set_send_buffer(dialled->stream->descriptor(), send_buffer_bytes);
    if (!bounded) return say(requester, "failed connect_failed: " + bounded.error().what);
    say(requester, "connected " + dialled->address.text());
    requester.set_wake_up(&revoked);
    const std::string ended = Pump(requester, *dialled->stream, revoked, stop).run();
    // What ended the stream must not keep its reason from being told.
    requester.set_wake_up(nullptr);
    say(requester, "failed " + ended);
}

}  // namespace hs::egress
