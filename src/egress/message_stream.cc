#include "egress/message_stream.h"

#include <poll.h>

#include <array>

#include "egress/attest.h"
#include "egress/connection_record.h"
#include "egress/echo_filter.h"
#include "egress/hook_listener.h"
#include "egress/letter_check.h"
#include "egress/placement.h"
#include "egress/submission.h"
#include "net/websocket.h"

namespace hs::egress {

using base::ByteView;
using base::Code;
using base::fail;
using base::Result;
using Outcome = std::optional<Trouble>;
using Kind = net::WebSocketMessage::Kind;

namespace {

constexpr std::size_t line_piece_bytes = 16'384;

class MessageStream {
  public:
    MessageStream(const MessageStreams::Parts& parts, os::Fd requester, const os::WakeUp& stop)
        : parts_(parts), requester_(std::move(requester)), stop_(stop) {}

    void run(const std::string& permit_field) {
        const auto begun = std::chrono::steady_clock::now();
        record_.trouble = go(permit_field);
        record_.redacted = echo_.found();
        record_.duration_ms = std::chrono::duration_cast<std::chrono::milliseconds>(
                                  std::chrono::steady_clock::now() - begun)
                                  .count();
        parts_.keeper.record(to_json(record_));
        const std::string word =
            record_.trouble
                ? std::string(reason_name(record_.trouble->reason)) + ": " + record_.trouble->what
                : "closed: the stream has ended";
        tell(MessageFrameKind::ended, word);
    }

  private:
    Outcome go(const std::string& permit_field) {
        auto admitted = parts_.admission.admit(permit_field);
        if (!admitted) return Trouble{Reason::permit_refused, admitted.error().what};
        admitted_ = std::move(*admitted);
        record_.envelope = envelope();
        record_.nonce = base::to_hex(admitted_->nonce());
        record_.method = envelope().methods.front();
        record_.path = envelope().target.substr(0, envelope().target.find('?'));
        if (envelope().purpose == Purpose::listen) return listen();
        if (envelope().purpose == Purpose::letter) return check_letter();
        const bool ours = envelope().purpose == Purpose::websocket ||
                          envelope().purpose == Purpose::lines ||
                          envelope().purpose == Purpose::submit;
        if (!ours) return Trouble{Reason::permit_refused, "the permit is not for such a stream"};
        if (Outcome bad = reach()) return bad;
        if (Outcome bad = ask_credential()) return bad;
        tell(MessageFrameKind::opened, record_.address);
        return envelope().purpose == Purpose::submit ? submit() : pump();
    }

    const Envelope& envelope() const { return admitted_->envelope(); }

    Outcome reach() {
        Reason why = Reason::connect_failed;
        const auto tls = parts_.identities.find(envelope().identity);
        if (!tls) return trouble_of(tls.error(), Reason::tls_failed);
        const bool secure = envelope().scheme == Scheme::https;
        CheckedDialer dialer(Outside{parts_.outside.resolver, *tls ? **tls : parts_.outside.tls},
                             envelope().addresses, parts_.dial, net::Offered::nothing);
        const net::Endpoint endpoint{
            envelope().host, envelope().port,
            secure ? net::Endpoint::Security::tls : net::Endpoint::Security::plain};
        auto dialled =
            dialer.dial_checked(endpoint, os::Deadline::never(), &admitted_->stop(), why);
        if (!dialled) return trouble_of(dialled.error(), why);
        record_.address = dialled->address.text();
        if (envelope().purpose != Purpose::websocket) {
            lines_ = std::move(dialled->stream);
            return std::nullopt;
        }
        net::RequestHead request;
        request.target = envelope().target;
        request.headers.set("Host", envelope().host_field());
        dialled->stream->set_deadline(os::Deadline::after_ms(parts_.times.handshake_ms));
        auto opened = net::WebSocket::open(std::move(dialled->stream), std::move(request),
                                           parts_.random, {MessageStreams::message_bytes_max});
        if (!opened) return trouble_of(opened.error(), Reason::server_broken);
        record_.status = 101;
        socket_.emplace(std::move(*opened));
        return std::nullopt;
    }

    Outcome ask_credential() {
        const CredentialUse& use = envelope().credential;
        if (use.name.empty()) return std::nullopt;
        const SecretQuestion question{use.name,
                                      envelope().host,
                                      envelope().port,
                                      envelope().purpose == Purpose::listen ? "LISTEN" : "STREAM",
                                      record_.path,
                                      use.header,
                                      static_cast<std::uint8_t>(use.form),
                                      admitted_->nonce()};
        auto value = parts_.keeper.ask_secret(
            question, os::Deadline::after_ms(parts_.times.secret_ms), admitted_->stop());
        if (!value) return trouble_of(value.error(), Reason::secret_refused);
        credential_ = std::move(*value);
        echo_ = EchoFilter(credential_.view());
        return std::nullopt;
    }

    Outcome listen() {
        if (Outcome bad = ask_credential()) return bad;
        HookListener hooks({requester_, parts_.keeper, envelope(), credential_, parts_.clock});
        const auto opened = hooks.open();
        if (!opened) return Trouble{Reason::connect_failed, opened.error().what};
        record_.address = envelope().host;
        tell(MessageFrameKind::opened, record_.address);
        const auto ended = hooks.run(admitted_->stop(), stop_);
        record_.received_bytes = hooks.received_bytes();
        return ended ? Outcome() : Trouble{Reason::stopped, ended.error().what};
    }

    Outcome check_letter() {
        tell(MessageFrameKind::opened, envelope().host);
        LetterCheck check(
            {requester_, parts_.keeper, envelope(), parts_.outside.resolver, parts_.clock});
        record_.sent_bytes = envelope().body_bytes_max;
        const auto verdict = check.run(admitted_->stop());
        if (const auto* refused = std::get_if<Trouble>(&verdict)) return *refused;
        return tell(MessageFrameKind::text, std::get<std::string>(verdict));
    }

    Outcome submit() {
        const auto taken = take_letter(requester_, envelope(), admitted_->stop());
        if (const auto* bad = std::get_if<Trouble>(&taken)) return *bad;
        const std::string& letter = std::get<std::string>(taken);
        const auto leak = LeakScan::find(parts_.fingerprints.table(), base::bytes_of(letter));
        if (leak) {
            return Trouble{Reason::secret_leaves,
                           "the mail holds the secret " + *leak + ", which only egress may place"};
        }
        record_.sent_bytes = letter.size();
        Submission submission(*lines_, envelope(), credential_);
        auto answered = submission.run(letter);
        if (!answered) return trouble_of(answered.error(), Reason::server_broken);
        record_.status = answered->code;
        const wire::Json told =
            wire::JsonObject{{"code", answered->code}, {"text", echo_.redact(answered->text)}};
        return tell(MessageFrameKind::text, wire::canonical_json(told));
    }

    net::Stream& server() { return socket_ ? socket_->stream() : *lines_; }

    Outcome pump() {
        heard_at_ = pinged_at_ = std::chrono::steady_clock::now();
        for (;;) {
            if (Outcome bad = pass_ready()) return bad;
            std::array<pollfd, 4> items{};
            items[0] = {server().descriptor(), POLLIN, 0};
            items[1] = {requester_.fd(), POLLIN, 0};
            items[2] = {admitted_->stop().fd(), POLLIN, 0};
            items[3] = {stop_.fd(), POLLIN, 0};
            const bool waiting = server().has_buffered();
            const bool more_frames = requester_.buffered();
            const int wait_ms = waiting || more_frames ? 0 : 1'000;
            if (::poll(items.data(), items.size(), wait_ms) < 0) continue;
            if (items[2].revents != 0 || items[3].revents != 0) {
                return Trouble{Reason::stopped, "the permit was revoked; ask again"};
            }
            if (items[1].revents != 0 || more_frames) {
                if (Outcome bad = take_frame()) return bad;
                if (closing_) return std::nullopt;
            }
            if (waiting || items[0].revents != 0) {
                if (Outcome bad = read_server()) return bad;
            }
            if (Outcome bad = keep_alive()) return bad;
        }
    }

    Outcome read_server() {
        server().set_deadline(os::Deadline::after_ms(50));
        heard_at_ = std::chrono::steady_clock::now();
        if (socket_) {
            const auto more = socket_->read_more();
            // Half a TLS record has come; the rest will.
            if (!more && more.error().code == Code::timed_out) return std::nullopt;
            return more ? Outcome() : trouble_of(more.error(), Reason::server_broken);
        }
        std::array<std::uint8_t, line_piece_bytes> piece{};
        const auto count = lines_->read_some(piece);
        if (!count && count.error().code == Code::timed_out) return std::nullopt;
        if (!count) return trouble_of(count.error(), Reason::server_broken);
        if (*count == 0) return Trouble{Reason::server_broken, "the server has ended the stream"};
        record_.received_bytes += *count;
        const std::string text = echo_.pass(base::text_of(ByteView(piece).first(*count)));
        return tell(MessageFrameKind::bytes, text);
    }

    // Passes on what has come whole.
    Outcome pass_ready() {
        while (socket_) {
            server().set_deadline(os::Deadline::after_ms(parts_.times.write_ms));
            auto message = socket_->ready();
            if (!message) return trouble_of(message.error(), Reason::response_refused);
            if (!*message) return std::nullopt;
            if ((*message)->kind == Kind::close) {
                return Trouble{Reason::server_broken, "the server closed with " +
                                                          std::to_string((*message)->close_code) +
                                                          " " + echo_.redact((*message)->content)};
            }
            if ((*message)->kind != Kind::text) continue;
            record_.received_bytes += (*message)->content.size();
            attest(parts_.keeper, envelope().decision, (*message)->content);
            if (Outcome bad = tell(MessageFrameKind::text, echo_.redact((*message)->content))) {
                return bad;
            }
        }
        return std::nullopt;
    }

    Outcome tell(MessageFrameKind kind, std::string_view text) {
        if (text.empty() && kind == MessageFrameKind::bytes) return std::nullopt;
        const auto sent =
            requester_.send(0, static_cast<std::uint16_t>(kind), base::bytes_of(text));
        return sent ? Outcome() : trouble_of(sent.error(), Reason::stopped);
    }

    Outcome take_frame() {
        auto frame = requester_.receive(os::Deadline::after_ms(2'000));
        if (!frame) return Trouble{Reason::stopped, "the stream was closed"};
        const auto kind = static_cast<MessageFrameKind>(frame->kind);
        if (kind == MessageFrameKind::ended) {
            closing_ = true;
            if (socket_) {
                server().set_deadline(os::Deadline::after_ms(1'000));
                static_cast<void>(socket_->send(Kind::close, net::websocket_close(1000, "")).ok());
            }
            return std::nullopt;
        }
        const bool fits = kind == (socket_ ? MessageFrameKind::text : MessageFrameKind::bytes) &&
                          frame->payload.size() <= MessageStreams::message_bytes_max;
        if (!fits) return Trouble{Reason::request_refused, "the stream takes no such message"};
        return pass_on(base::text_of(frame->payload));
    }

    Outcome pass_on(std::string_view text) {
        const auto leak = LeakScan::find(parts_.fingerprints.table(), base::bytes_of(text));
        if (leak) {
            return Trouble{Reason::secret_leaves, "the message holds the secret " + *leak +
                                                      ", which only egress may place"};
        }
        record_.sent_bytes += text.size();
        if (places_in(text) == 0) return send(text);
        if (credential_.empty()) {
            return Trouble{Reason::secret_refused, "this stream has no credential left to place"};
        }
        const CredentialUse& use = envelope().credential;
        auto placed = in_message(text, place_form(use.header), use.prefix, credential_.view());
        credential_ = {};  // once a connection
        if (!placed) return trouble_of(placed.error(), Reason::secret_refused);
        Outcome bad = send(*placed);
        crypto::wipe({reinterpret_cast<std::uint8_t*>(placed->data()), placed->size()});
        return bad;
    }

    Outcome send(std::string_view text) {
        server().set_deadline(os::Deadline::after_ms(parts_.times.write_ms));
        const auto sent =
            socket_ ? socket_->send(Kind::text, text) : lines_->write_all(base::bytes_of(text));
        return sent ? Outcome() : trouble_of(sent.error(), Reason::server_broken);
    }

    Outcome keep_alive() {
        const auto now = std::chrono::steady_clock::now();
        const auto silent = std::chrono::duration_cast<std::chrono::milliseconds>(now - heard_at_);
        const std::int64_t most_ms = socket_ ? parts_.times.silence_ms : parts_.times.lines_ms;
        if (silent.count() > most_ms) {
            return Trouble{Reason::server_timeout, "the server has been silent for too long"};
        }
        const auto unpinged = std::chrono::duration_cast<std::chrono::milliseconds>(
            now - std::max(pinged_at_, heard_at_));
        if (!socket_ || unpinged.count() < parts_.times.ping_ms) return std::nullopt;
        pinged_at_ = now;
        server().set_deadline(os::Deadline::after_ms(parts_.times.write_ms));
        const auto sent = socket_->send(Kind::ping, "hardshell");
        return sent ? Outcome() : trouble_of(sent.error(), Reason::server_broken);
    }

    const MessageStreams::Parts& parts_;
    os::Channel requester_;
    const os::WakeUp& stop_;
    std::unique_ptr<Admitted> admitted_;
    ConnectionRecord record_;
    std::optional<net::WebSocket> socket_;
    std::unique_ptr<net::Stream> lines_;
    crypto::SecretBytes credential_;  // until it is placed
    EchoFilter echo_;
    std::chrono::steady_clock::time_point heard_at_;
    std::chrono::steady_clock::time_point pinged_at_;
    bool closing_ = false;
};

}  // namespace

void MessageStreams::serve(const std::string& permit_field, os::Fd requester,
                           const os::WakeUp& stop) {
    MessageStream stream(parts_, std::move(requester), stop);
    stream.run(permit_field);
}

}  // namespace hs::egress
