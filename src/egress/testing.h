// A whole egress for tests: the process's parts in this process, a scripted keeper, a scripted
// resolver, and servers on loopback.
//
// Not for the product: it is included by *_test.cc files only.
// Threads: the fixture belongs to the test's thread; its collections are guarded.
#pragma once

#include <map>

#include "base/guarded.h"
#include "egress/http.h"
#include "egress/process.h"
#include "gate/frames.h"
#include "net/testing.h"
#include "os/system.h"

namespace hs::egress::testing {

// Answers as it was told, and counts.
class ScriptedResolver final : public net::Resolver {
  public:
    void set(const std::string& host, std::vector<net::Address> addresses) {
        table_.with([&](auto& table) { table[host] = std::move(addresses); });
    }
    base::Result<std::vector<net::Address>> resolve(const std::string& host, os::Deadline deadline,
                                                    const os::WakeUp* wake_up) override {
        if (host.starts_with("silent")) {
            TRY(os::wait_for(wake_up->fd(), os::Ready::readable, deadline, wake_up));
        }
        if (host.starts_with("broken")) return base::fail(base::Code::io, "no name server answers");
        const auto found = table_.with([&](auto& table) { return table[host]; });
        if (found.empty()) return base::fail(base::Code::not_found, "the name has no address");
        return found;
    }

    void set_text(const std::string& name, const std::string& text) {
        texts_.with([&](auto& table) { table[name] = text; });
    }
    base::Result<std::vector<std::string>> texts(const std::string& name, os::Deadline,
                                                 const os::WakeUp*) override {
        if (name.starts_with("broken")) return base::fail(base::Code::io, "no name server answers");
        const auto found = texts_.with([&](auto& table) { return table[name]; });
        if (found.empty()) return base::fail(base::Code::not_found, "the name has no text");
        return std::vector<std::string>{found};
    }

  private:
    base::Guarded<std::map<std::string, std::string>> texts_;
    base::Guarded<std::map<std::string, std::vector<net::Address>>> table_;
};

// The keeper's end: issues tickets, answers questions for secrets, keeps the records.
class ScriptedKeeper {
  public:
    explicit ScriptedKeeper(os::Fd socket)
        : channel_(std::move(socket)), stop_(std::move(*os::WakeUp::make())) {
        os::SystemRandom random;
        key_ = crypto::SecretBytes::random(32, random);
        thread_ = std::thread([this] { work(); });
    }
    ~ScriptedKeeper() {
        stop_.raise();
        thread_.join();
    }

    void send_key() {
        send(gate::ActorFrameKind::key,
             pack_ticket_key({crypto::SecretBytes::copy_of(key_.view()), generation}));
        while (!ready_) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    void send_generation(std::uint64_t next) {
        generation = next;
        send(gate::ActorFrameKind::generation, pack_generation(next));
    }
    void send_identity(const NamedIdentity& named) {
        const base::Bytes packed = pack_identity(named);
        CHECK(channel_.send(0, static_cast<std::uint16_t>(EgressFrameKind::identity), packed).ok());
    }
    // The keeper's own stream: HTTP, or with a permit a tunnel.
    os::Fd open_stream(const std::string& permit = "") {
        auto pair = os::stream_pair();
        CHECK(pair.ok());
        const auto kind = permit.empty() ? EgressFrameKind::connect : EgressFrameKind::tunnel;
        CHECK(channel_
                  .send(0, static_cast<std::uint16_t>(kind), base::bytes_of(permit),
                        {pair->second.get()})
                  .ok());
        return std::move(pair->first);
    }
    os::Channel& channel() { return channel_; }
    void send_stop_all() { send(gate::ActorFrameKind::stop_all, {}); }
    void send_revoke(const crypto::TicketNonce& nonce) {
        CHECK(channel_.send(0, static_cast<std::uint16_t>(EgressFrameKind::revoke), nonce).ok());
    }

    crypto::Ticket ticket_for(base::ByteView envelope) {
        crypto::Ticket ticket;
        ticket.kind = envelope_ticket_kind;
        ticket.digest = digest_of(envelope);
        ticket.expiry_ms = os::SystemClock().wall_ms() + 60'000;
        ticket.generation = generation;
        os::SystemRandom().fill(ticket.nonce);
        ticket.issued_by = "test";
        return ticket;
    }
    base::Bytes issue(const crypto::Ticket& ticket) { return crypto::issue_ticket(key_, ticket); }
    base::Bytes issue_for(base::ByteView envelope) { return issue(ticket_for(envelope)); }

    // Values by "name@host".
    base::Guarded<std::map<std::string, std::string>> secrets;
    base::Guarded<std::vector<SecretQuestion>> questions;
    base::Guarded<std::vector<wire::Json>> records;
    base::Guarded<std::vector<wire::Json>> attested;
    std::uint64_t generation = 7;

    // The record that comes next after `seen` ones.
    wire::Json await_record(std::size_t seen = 0) {
        for (int i = 0; i < 5'000; ++i) {
            const auto found = records.with([&](auto& list) {
                return list.size() > seen ? std::optional<wire::Json>(list[seen]) : std::nullopt;
            });
            if (found) return *found;
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
        }
        return {};
    }

  private:
    void send(gate::ActorFrameKind kind, const base::Bytes& payload) {
        CHECK(channel_.send(0, static_cast<std::uint16_t>(kind), payload).ok());
    }
    void work() {
        for (;;) {
            auto frame = channel_.receive(os::Deadline::never(), &stop_);
            if (!frame) return;
            if (frame->kind == static_cast<std::uint16_t>(gate::ActorFrameKind::ready))
                ready_ = true;
            if (frame->kind == static_cast<std::uint16_t>(gate::ActorFrameKind::secret))
                answer(*frame);
            if (frame->kind == static_cast<std::uint16_t>(gate::ActorFrameKind::connection)) {
                auto json = wire::parse_json(base::text_of(frame->payload));
                CHECK(json.ok());
                records.with([&](auto& list) { list.push_back(std::move(*json)); });
            }
            if (frame->kind == static_cast<std::uint16_t>(gate::ActorFrameKind::attested)) {
                auto json = wire::parse_json(base::text_of(frame->payload));
                CHECK(json.ok());
                attested.with([&](auto& list) { list.push_back(std::move(*json)); });
            }
        }
    }
    void answer(const os::Frame& frame) {
        auto question = unpack_question(frame.payload);
        CHECK(question.ok());
        const std::string key = question->name + "@" + question->host;
        questions.with([&](auto& list) { list.push_back(std::move(*question)); });
        const std::string value = secrets.with([&](auto& table) { return table[key]; });
        SecretAnswer reply;
        if (value.empty()) reply.refusal = "this secret is not bound to that host";
        if (!value.empty()) reply.value = crypto::SecretBytes::copy_of(base::bytes_of(value));
        static_cast<void>(channel_.send(frame.id,
                                        static_cast<std::uint16_t>(gate::FrameKind::answer),
                                        pack_secret_answer(reply)));
    }

    os::Channel channel_;
    os::WakeUp stop_;
    crypto::SecretBytes key_;
    std::atomic<bool> ready_{false};
    std::thread thread_;
};

// Impatient, so that tests of slow peers are quick.
inline ProcessLimits quick_limits() {
    ProcessLimits limits;
    limits.forward.secret_ms = 1'000;
    limits.forward.first_byte_ms = 1'500;
    limits.forward.idle_ms = 1'500;
    limits.forward.write_ms = 1'500;
    limits.dial = {500, 500, 500};
    return limits;
}

// Everything together; the test plays hardshelld.
class EgressHouse {
  public:
    explicit EgressHouse(const std::string& roots_pem = "",
                         const ProcessLimits& limits = quick_limits())
        : tls(std::move(*net::TlsClient::make(roots_pem))) {
        auto daemon = os::stream_pair();
        auto keeper_pair = os::stream_pair();
        CHECK(daemon.ok() && keeper_pair.ok());
        keeper = std::make_unique<ScriptedKeeper>(std::move(keeper_pair->first));
        channel = std::make_unique<os::Channel>(std::move(daemon->first));
        client = std::make_unique<EgressClient>(*channel);
        process = std::move(*EgressProcess::make(std::move(daemon->second),
                                                 std::move(keeper_pair->second),
                                                 Outside{resolver, tls}, clock, limits));
        thread_ = std::thread([this] { process->run(); });
        keeper->send_key();
    }
    ~EgressHouse() {
        process->stop();
        thread_.join();
    }

    // Issues a ticket for the envelope and exchanges under it.
    base::Result<HttpAnswer> exchange(const Envelope& envelope,
                                      OutgoingRequest request = {"GET", "", {}, {}},
                                      const Timing& timing = {os::Deadline::after_ms(10'000),
                                                              nullptr}) {
        const base::Bytes packed = envelope.pack();
        return egress::exchange(*client, keeper->issue_for(packed), packed, request, timing);
    }

    ScriptedResolver resolver;
    net::TlsClient tls;
    os::SystemClock clock;
    std::unique_ptr<ScriptedKeeper> keeper;
    std::unique_ptr<os::Channel> channel;
    std::unique_ptr<EgressClient> client;
    std::unique_ptr<EgressProcess> process;

  private:
    std::thread thread_;
};

// A plain HTTP server on loopback.
struct LoopbackServer {
    explicit LoopbackServer(net::HttpService service)
        : server(std::move(*net::HttpServer::make({}, std::move(service)))) {
        auto listener = os::listen_loopback(os::Family::v4, 0);
        CHECK(listener.ok());
        port = *os::port_of(listener->get());
        CHECK(server->serve(std::move(*listener), net::Peer::Kind::loopback).ok());
    }
    std::unique_ptr<net::HttpServer> server;
    std::uint16_t port = 0;
};

// A peer on loopback that does as the script says with each raw connection.
class RawServer {
  public:
    using Script = std::function<void(std::unique_ptr<net::Stream>)>;
    explicit RawServer(Script script)
        : stop_(std::move(*os::WakeUp::make())), script_(std::move(script)) {
        auto listener = os::listen_loopback(os::Family::v4, 0);
        CHECK(listener.ok());
        port = *os::port_of(listener->get());
        listener_ = std::move(*listener);
        thread_ = std::thread([this] { work(); });
    }
    ~RawServer() {
        stop_.raise();
        thread_.join();
    }
    std::uint16_t port = 0;
    std::atomic<int> connections{0};

  private:
    void work() {
        for (;;) {
            auto socket = os::accept_connection(listener_.get(), os::Deadline::never(), &stop_);
            if (!socket) return;
            ++connections;
            auto stream = std::make_unique<net::SocketStream>(std::move(*socket));
            stream->set_deadline(os::Deadline::after_ms(10'000));
            stream->set_wake_up(&stop_);
            script_(std::move(stream));
        }
    }
    os::WakeUp stop_;
    Script script_;
    os::Fd listener_;
    std::thread thread_;
};

// An envelope for GET / on a loopback port over plain HTTP.
inline Envelope loopback_envelope(std::uint16_t port) {
    Envelope envelope;
    envelope.methods = {"GET", "POST"};
    envelope.scheme = Scheme::http;
    envelope.host = "127.0.0.1";
    envelope.port = port;
    envelope.target = "/";
    envelope.body_bytes_max = 1U << 20U;
    envelope.response_bytes_max = 1U << 20U;
    envelope.addresses = {net::AddressClass::loopback};
    envelope.expiry_ms = os::SystemClock().wall_ms() + 60'000;
    envelope.decision = "01TESTDECISION";
    return envelope;
}

}  // namespace hs::egress::testing
