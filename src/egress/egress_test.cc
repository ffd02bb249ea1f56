#include <gtest/gtest.h>

#include "egress/testing.h"

namespace hs::egress {
namespace {

using base::Code;
using testing::EgressHouse;
using testing::loopback_envelope;
using testing::LoopbackServer;
using testing::RawServer;

constexpr char secret[] = "sk-test-0123456789abcdef";

// What reached a server whole.
struct Seen {
    base::Guarded<std::vector<net::RequestHead>> heads;
    base::Guarded<std::vector<std::string>> bodies;
    std::size_t count() {
        return heads.with([](auto& list) { return list.size(); });
    }
};

net::HttpService remember(Seen& seen, int status = 200, std::string answer = "ok") {
    return [&seen, status, answer](net::HttpExchange& exchange) {
        auto body = exchange.whole_body(64U << 20U);
        if (!body) return;  // a request that was cut off on its way did not reach us
        seen.heads.with([&](auto& list) { list.push_back(exchange.request()); });
        seen.bodies.with([&](auto& list) { list.push_back(std::move(*body)); });
        static_cast<void>(exchange.answer(status, "text/plain", answer));
    };
}

os::Deadline soon() {
    return os::Deadline::after_ms(5'000);
}

std::string error_name(const wire::Json& record) {
    const wire::Json* error = record.find("error");
    return error == nullptr ? "" : *wire::text_at(*error, "code");
}

TEST(EgressTest, ForwardsPlacesTheCredentialAndRecords) {
    Seen seen;
    LoopbackServer server(remember(seen));
    EgressHouse house;
    house.keeper->secrets.with([](auto& table) { table["key@127.0.0.1"] = secret; });
    Envelope envelope = loopback_envelope(server.port);
    envelope.credential = {"key", "Authorization", "Bearer "};
    for (int i = 0; i < 3; ++i) {
        auto answer = house.exchange(envelope, {"POST",
                                                "",
                                                {{"Authorization", "Bearer stolen"}, {"X-A", "1"}},
                                                base::bytes_of("question")});
        ASSERT_TRUE(answer.ok()) << answer.error().what;
        EXPECT_EQ(answer->head().status, 200);
        EXPECT_EQ(answer->address(), "127.0.0.1");
        EXPECT_EQ(*answer->whole_body(soon()), "ok");
    }
    const net::RequestHead head = seen.heads.with([](auto& list) { return list.at(0); });
    EXPECT_EQ(head.target, "/");
    EXPECT_EQ(head.headers.count("Authorization"), 1U);
    EXPECT_EQ(head.headers.find("Authorization"), std::string("Bearer ") + secret);
    EXPECT_EQ(head.headers.find("X-A"), "1");
    EXPECT_EQ(head.headers.count("Hardshell-Permit"), 0U);
    EXPECT_EQ(seen.bodies.with([](auto& list) { return list.at(0); }), "question");
    const wire::Json record = house.keeper->await_record(2);
    EXPECT_EQ(*wire::text_at(record, "decision"), "01TESTDECISION");
    EXPECT_EQ(*wire::integer_at(record, "status"), 200);
    EXPECT_EQ(*wire::integer_at(record, "sent_bytes"), 8);
    EXPECT_EQ(*wire::integer_at(record, "received_bytes"), 2);
    EXPECT_TRUE(*wire::boolean_at(record, "reused"));
    EXPECT_EQ(wire::canonical_json(record).find(secret), std::string::npos);
    const auto questions = house.keeper->questions.with([](auto& list) { return list; });
    ASSERT_EQ(questions.size(), 3U);
    EXPECT_EQ(questions[0].host, "127.0.0.1");
}

TEST(EgressTest, NothingReachesAServerWithoutAnExactPermit) {
    Seen seen;
    LoopbackServer server(remember(seen));
    EgressHouse house;
    const Envelope envelope = loopback_envelope(server.port);
    const base::Bytes packed = envelope.pack();
    const auto refused = [&](const base::Bytes& ticket, const base::Bytes& bytes,
                             OutgoingRequest request = {"GET", "", {}, {}}) {
        const auto answer = exchange(*house.client, ticket, bytes, request, {soon(), nullptr});
        return !answer.ok() && answer.error().code == Code::denied;
    };
    base::Bytes ticket = house.keeper->issue_for(packed);
    ticket.back() ^= 1;
    EXPECT_TRUE(refused(ticket, packed));
    Envelope wider = envelope;
    wider.response_bytes_max += 1;
    EXPECT_TRUE(refused(house.keeper->issue_for(packed), wider.pack()));
    EXPECT_TRUE(refused(house.keeper->issue_for(packed), packed, {"DELETE", "", {}, {}}));
    EXPECT_TRUE(refused(house.keeper->issue_for(packed), packed, {"GET", "/other", {}, {}}));
    EXPECT_TRUE(refused(house.keeper->issue_for(packed), packed, {"GET", "/?q", {}, {}}));
    crypto::Ticket old = house.keeper->ticket_for(packed);
    old.generation -= 1;
    EXPECT_TRUE(refused(house.keeper->issue(old), packed));
    EXPECT_EQ(seen.count(), 0U);
    const base::Bytes once = house.keeper->issue_for(packed);
    EXPECT_FALSE(refused(once, packed));
    EXPECT_TRUE(refused(once, packed));
    EXPECT_EQ(seen.count(), 1U);
}

TEST(EgressTest, AChangedBodyNeverLeaves) {
    Seen seen;
    LoopbackServer server(remember(seen));
    EgressHouse house;
    Envelope envelope = loopback_envelope(server.port);
    envelope.body_sha256 = crypto::sha256(base::bytes_of("approved"));
    const auto changed = house.exchange(envelope, {"POST", "", {}, base::bytes_of("approveD")});
    ASSERT_FALSE(changed.ok());
    EXPECT_EQ(changed.error().code, Code::denied);
    EXPECT_EQ(error_name(house.keeper->await_record()), "request_refused");
    EXPECT_EQ(seen.count(), 0U);
    EXPECT_TRUE(house.exchange(envelope, {"POST", "", {}, base::bytes_of("approved")}).ok());
    envelope.body_sha256.reset();
    envelope.body_bytes_max = 4;
    EXPECT_FALSE(house.exchange(envelope, {"POST", "", {}, base::bytes_of("12345")}).ok());
    EXPECT_EQ(seen.count(), 1U);
}

TEST(EgressTest, SmugglingShapesAreRefusedBeforeTheServer) {
    Seen seen;
    LoopbackServer server(remember(seen));
    EgressHouse house;
    const Envelope envelope = loopback_envelope(server.port);
    const base::Bytes packed = envelope.pack();
    for (const char* extra :
         {"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
          "Content-Length: 4\r\nContent-Length: 5\r\n\r\nabcd", "X: a\r\n Hardshell: b\r\n\r\n",
          "Host: evil.example\r\n\r\n", "Transfer-Encoding: chunked\r\n\r\nzz\r\n",
          "Content-Length : 4\r\n\r\nabcd"}) {
        auto stream = house.client->open();
        ASSERT_TRUE(stream.ok());
        const std::string head =
            "POST " + envelope.origin() + "/ HTTP/1.1\r\nHost: " + envelope.host_field() +
            "\r\nHardshell-Permit: " + permit_field(house.keeper->issue_for(packed), packed) +
            "\r\n";
        ASSERT_TRUE((*stream)->write_all(base::bytes_of(head + extra)).ok());
        const std::string answer = net::testing::read_to_end(**stream);
        EXPECT_TRUE(answer.starts_with("HTTP/1.1 400 ")) << extra << "->" << answer;
    }
    EXPECT_EQ(seen.count(), 0U);
}

TEST(EgressTest, AResolverThatRebindsGainsNothing) {
    Seen seen;
    LoopbackServer server(remember(seen));
    EgressHouse house;
    Envelope envelope = loopback_envelope(server.port);
    envelope.host = "rebind.example";
    envelope.addresses = {net::AddressClass::public_net};
    const auto expect_refused = [&](std::vector<net::Address> addresses) {
        house.resolver.set("rebind.example", std::move(addresses));
        const auto answer = house.exchange(envelope);
        ASSERT_FALSE(answer.ok());
        EXPECT_EQ(answer.error().code, Code::denied) << answer.error().what;
    };
    const net::Address good = net::Address::ipv4(93, 184, 216, 34);
    for (const char* text : {"127.0.0.1", "::1", "::ffff:127.0.0.1", "169.254.169.254", "10.0.0.1",
                             "fd00:ec2::254", "64:ff9b::7f00:1", "0.0.0.0", "100.64.0.1"}) {
        const net::Address bad = *net::Address::parse(text);
        expect_refused({bad});
        expect_refused({good, bad});
    }
    EXPECT_EQ(error_name(house.keeper->await_record()), "address_refused");
    // A literal address is judged like a resolved one.
    envelope.host = "127.0.0.1";
    EXPECT_FALSE(house.exchange(envelope).ok());
    // Nor does a kept connection help, which another permit was allowed to open.
    envelope.host = "rebind.example";
    house.resolver.set("rebind.example", {net::Address::ipv4(127, 0, 0, 1)});
    envelope.addresses = {net::AddressClass::loopback};
    ASSERT_TRUE(house.exchange(envelope)->whole_body(soon()).ok());
    envelope.addresses = {net::AddressClass::public_net};
    expect_refused({net::Address::ipv4(127, 0, 0, 1)});
    EXPECT_EQ(seen.count(), 1U);
}

TEST(EgressTest, ARedirectIsAnAnswerAndIsNotFollowed) {
    Seen elsewhere;
    LoopbackServer target(remember(elsewhere));
    LoopbackServer server([&](net::HttpExchange& exchange) {
        net::ResponseHead head;
        head.status = 302;
        head.headers = {{"Location", "http://127.0.0.1:" + std::to_string(target.port) + "/"},
                        {"Hardshell-Upstream", "1.2.3.4"},
                        {"Hardshell-Error", "busy"}};
        static_cast<void>(exchange.answer(std::move(head), ""));
    });
    EgressHouse house;
    const auto answer = house.exchange(loopback_envelope(server.port));
    ASSERT_TRUE(answer.ok()) << answer.error().what;
    EXPECT_EQ(answer->head().status, 302);
    EXPECT_EQ(answer->address(), "127.0.0.1");  // a server cannot speak for egress
    EXPECT_EQ(answer->head().headers.count("Hardshell-Error"), 0U);
    EXPECT_EQ(elsewhere.count(), 0U);
}

TEST(EgressTest, AnEchoedCredentialIsBlackedOut) {
    LoopbackServer server([](net::HttpExchange& exchange) {
        const std::string value(exchange.request().headers.find("x-api-key").value_or("none"));
        net::ResponseHead head;
        head.headers = {{"X-Echo", "got " + value}};
        CHECK(exchange.begin(std::move(head)).ok());
        CHECK(exchange.write("{\"key\":\"" + value.substr(0, 10)).ok());
        CHECK(exchange.write(value.substr(10) + "\"}").ok());
        CHECK(exchange.finish().ok());
    });
    EgressHouse house;
    house.keeper->secrets.with([](auto& table) { table["key@127.0.0.1"] = secret; });
    Envelope envelope = loopback_envelope(server.port);
    envelope.credential = {"key", "x-api-key", ""};
    auto answer = house.exchange(envelope);
    ASSERT_TRUE(answer.ok()) << answer.error().what;
    const std::string stars(sizeof secret - 1, '*');
    EXPECT_EQ(answer->head().headers.find("X-Echo"), "got " + stars);
    EXPECT_EQ(*answer->whole_body(soon()), "{\"key\":\"" + stars + "\"}");
    EXPECT_EQ(*wire::integer_at(house.keeper->await_record(), "redacted"), 2);
}

TEST(EgressTest, WithoutItsCredentialARequestDoesNotLeave) {
    Seen seen;
    LoopbackServer server(remember(seen));
    EgressHouse house;
    Envelope envelope = loopback_envelope(server.port);
    envelope.credential = {"unbound", "x-api-key", ""};
    auto answer = house.exchange(envelope);
    ASSERT_FALSE(answer.ok());
    EXPECT_EQ(answer.error().code, Code::denied);
    EXPECT_NE(answer.error().what.find("not bound"), std::string::npos);
    house.keeper->secrets.with(
        [](auto& table) { table["unbound@127.0.0.1"] = "a\r\nX-Injected: 1"; });
    EXPECT_FALSE(house.exchange(envelope).ok());
    EXPECT_EQ(seen.count(), 0U);
}

TEST(EgressTest, ACompressedAnswerToARequestWithACredentialIsRefused) {
    LoopbackServer server([](net::HttpExchange& exchange) {
        net::ResponseHead head;
        head.headers = {{"Content-Encoding", "gzip"}};
        static_cast<void>(exchange.answer(std::move(head), "pretend"));
    });
    EgressHouse house;
    house.keeper->secrets.with([](auto& table) { table["key@127.0.0.1"] = secret; });
    Envelope envelope = loopback_envelope(server.port);
    EXPECT_TRUE(house.exchange(envelope).ok());
    envelope.credential = {"key", "x-api-key", ""};
    EXPECT_FALSE(house.exchange(envelope).ok());
    EXPECT_EQ(error_name(house.keeper->await_record(1)), "response_refused");
}

TEST(EgressTest, AnswersBeyondTheLimitEndThere) {
    LoopbackServer server([](net::HttpExchange& exchange) {
        if (exchange.request().method == "GET") {
            static_cast<void>(exchange.answer(200, "text/plain", std::string(2000, 'x')));
            return;
        }
        if (!exchange.begin({})) return;
        while (exchange.write(std::string(500, 'x'))) {
        }
    });
    EgressHouse house;
    Envelope envelope = loopback_envelope(server.port);
    envelope.response_bytes_max = 1000;
    const auto declared = house.exchange(envelope);
    ASSERT_FALSE(declared.ok());
    EXPECT_EQ(declared.error().code, Code::exhausted);
    auto endless = house.exchange(envelope, {"POST", "", {}, {}});
    ASSERT_TRUE(endless.ok());
    EXPECT_FALSE(endless->whole_body(soon()).ok());
    EXPECT_EQ(error_name(house.keeper->await_record(1)), "response_too_large");
}

TEST(EgressTest, EachFailureHasItsOwnName) {
    EgressHouse house;
    std::uint16_t closed_port = 0;
    {
        const auto listener = os::listen_loopback(os::Family::v4, 0);
        closed_port = *os::port_of(listener->get());
    }
    // Unread bytes at the end would make a reset of it, which can overtake the answer.
    RawServer plain([](std::unique_ptr<net::Stream> stream) {
        std::uint8_t piece[4096];
        static_cast<void>(stream->read_some(piece));
        static_cast<void>(stream->write_all(base::bytes_of("SSH-2.0-OpenSSH\r\n\r\n")));
    });
    RawServer silent(
        [](std::unique_ptr<net::Stream> stream) { net::testing::read_to_end(*stream); });
    struct Case {
        const char* host;
        std::uint16_t port;
        Scheme scheme;
        const char* reason;
    };
    std::size_t seen = 0;
    for (const Case& one : {Case{"missing.example", 80, Scheme::http, "name_unknown"},
                            Case{"broken.example", 80, Scheme::http, "name_failed"},
                            Case{"silent.example", 80, Scheme::http, "name_failed"},
                            Case{"127.0.0.1", closed_port, Scheme::http, "connect_refused"},
                            Case{"127.0.0.1", plain.port, Scheme::https, "tls_failed"},
                            Case{"127.0.0.1", plain.port, Scheme::http, "server_nonsense"},
                            Case{"127.0.0.1", silent.port, Scheme::https, "connect_timeout"},
                            Case{"127.0.0.1", silent.port, Scheme::http, "server_timeout"}}) {
        Envelope envelope = loopback_envelope(one.port);
        envelope.host = one.host;
        envelope.scheme = one.scheme;
        const auto answer = house.exchange(envelope);
        ASSERT_FALSE(answer.ok()) << one.reason;
        EXPECT_EQ(error_name(house.keeper->await_record(seen++)), one.reason)
            << answer.error().what;
        EXPECT_EQ(answer.error().code, code_of(*reason_from_name(one.reason)));
    }
}

TEST(EgressTest, RevocationCutsAStreamAtOnce) {
    LoopbackServer server([](net::HttpExchange& exchange) {
        if (!exchange.begin({})) return;
        while (exchange.write("tick\n")) std::this_thread::sleep_for(std::chrono::milliseconds(10));
    });
    EgressHouse house;
    const Envelope envelope = loopback_envelope(server.port);
    const base::Bytes packed = envelope.pack();
    for (int way = 0; way < 3; ++way) {
        const crypto::Ticket ticket = house.keeper->ticket_for(packed);
        auto answer = exchange(*house.client, house.keeper->issue(ticket), packed,
                               {"GET", "", {}, {}}, {soon(), nullptr});
        ASSERT_TRUE(answer.ok()) << answer.error().what;
        ASSERT_TRUE(answer->next_body(soon()).ok());
        if (way == 0) house.keeper->send_revoke(ticket.nonce);
        if (way == 1) house.keeper->send_generation(house.keeper->generation + 1);
        if (way == 2) house.keeper->send_stop_all();
        const auto begun = std::chrono::steady_clock::now();
        EXPECT_FALSE(answer->whole_body(soon()).ok());
        EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds(4));
        EXPECT_EQ(error_name(house.keeper->await_record(static_cast<std::size_t>(way))), "stopped");
    }
    EXPECT_FALSE(house.exchange(envelope).ok());
    house.keeper->send_generation(house.keeper->generation + 1);
    // It comes on another line than the exchange, so it may come a moment later.
    bool is_open = false;
    for (int i = 0; i < 100 && !is_open; ++i) {
        is_open = house.exchange(envelope).ok();
        if (!is_open) std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    EXPECT_TRUE(is_open);
}

TEST(EgressTest, ARequesterWhoLeavesTakesTheConnectionAlong) {
    std::atomic<bool> gone{false};
    LoopbackServer server([&](net::HttpExchange& exchange) {
        for (int i = 0; i < 500 && !gone; ++i) {
            gone = exchange.client_gone();
            std::this_thread::sleep_for(std::chrono::milliseconds(5));
        }
    });
    ProcessLimits patient;
    EgressHouse house("", patient);
    const auto wake_up = os::WakeUp::make();
    std::thread canceller([&] {
        std::this_thread::sleep_for(std::chrono::milliseconds(100));
        wake_up->raise();
    });
    const auto answer =
        house.exchange(loopback_envelope(server.port), {"GET", "", {}, {}}, {soon(), &*wake_up});
    canceller.join();
    ASSERT_FALSE(answer.ok());
    EXPECT_EQ(answer.error().code, Code::cancelled);
    for (int i = 0; i < 400 && !gone; ++i)
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    EXPECT_TRUE(gone);
    EXPECT_EQ(error_name(house.keeper->await_record()), "stopped");
}

TEST(EgressTest, AServerThatClosesInMidBodyIsAnError) {
    RawServer server([](std::unique_ptr<net::Stream> stream) {
        std::uint8_t piece[4096];
        static_cast<void>(stream->read_some(piece));
        static_cast<void>(stream->write_all(
            base::bytes_of("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this")));
    });
    EgressHouse house;
    auto answer = house.exchange(loopback_envelope(server.port));
    ASSERT_TRUE(answer.ok()) << answer.error().what;
    EXPECT_FALSE(answer->whole_body(soon()).ok());
    EXPECT_EQ(error_name(house.keeper->await_record()), "server_broken");
}

TEST(EgressTest, AKeptConnectionThatDiedIsReplacedForHarmlessRequestsOnly) {
    // Each connection answers once, promises to stay and dies while the next request comes.
    RawServer server([](std::unique_ptr<net::Stream> stream) {
        std::uint8_t piece[4096];
        static_cast<void>(stream->read_some(piece));
        static_cast<void>(
            stream->write_all(base::bytes_of("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")));
        static_cast<void>(stream->read_some(piece));
    });
    EgressHouse house;
    const Envelope envelope = loopback_envelope(server.port);
    ASSERT_TRUE(house.exchange(envelope)->whole_body(soon()).ok());
    auto again = house.exchange(envelope);
    ASSERT_TRUE(again.ok()) << again.error().what;
    EXPECT_EQ(*again->whole_body(soon()), "ok");
    EXPECT_EQ(server.connections, 2);
    EXPECT_FALSE(house.exchange(envelope, {"POST", "", {}, base::bytes_of("pay")}).ok());
    EXPECT_EQ(server.connections, 2);
}

TEST(EgressTest, SpeaksTlsToTheHostThatWasApprovedAndToNoOther) {
    const auto made = net::testing::make_certificates("DNS:api.example.com");
    const auto tls = net::TlsServer::make(made.chain_pem, made.key_pem);
    ASSERT_TRUE(tls.ok());
    std::atomic<int> requests{0};
    RawServer server([&](std::unique_ptr<net::Stream> stream) {
        auto secured = tls->accept(std::move(stream));
        if (!secured) return;
        net::HttpReader reader(**secured, {});
        while (true) {
            const auto more = reader.await_message();
            if (!more || !*more || !reader.read_request_head()) return;
            ++requests;
            if (!(*secured)->write_all(
                    base::bytes_of("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nsecure")))
                return;
        }
    });
    EgressHouse house(made.root_pem);
    for (const char* host : {"api.example.com", "other.example.com"}) {
        house.resolver.set(host, {net::Address::ipv4(127, 0, 0, 1)});
    }
    Envelope envelope = loopback_envelope(server.port);
    envelope.scheme = Scheme::https;
    envelope.host = "other.example.com";
    const auto wrong = house.exchange(envelope);
    ASSERT_FALSE(wrong.ok());
    EXPECT_EQ(error_name(house.keeper->await_record()), "tls_failed");
    EXPECT_EQ(requests, 0);
    envelope.host = "api.example.com";
    for (int i = 0; i < 2; ++i) {
        auto answer = house.exchange(envelope);
        ASSERT_TRUE(answer.ok()) << answer.error().what;
        EXPECT_EQ(*answer->whole_body(soon()), "secure");
    }
    EXPECT_TRUE(*wire::boolean_at(house.keeper->await_record(2), "reused"));
}

TEST(EgressTest, AThousandStreamsAreServedOrToldThatItIsFull) {
    EgressHouse house;
    std::vector<std::unique_ptr<net::Stream>> streams;
    for (int i = 0; i < 1'000; ++i) {
        auto stream = house.client->open();
        ASSERT_TRUE(stream.ok()) << i << ": " << stream.error().what;
        streams.push_back(std::move(*stream));
    }
    std::size_t refused = 0;
    std::size_t full = 0;
    for (auto& stream : streams) {
        stream->set_deadline(soon());
        static_cast<void>(
            stream->write_all(base::bytes_of("GET http://x/ HTTP/1.1\r\nHost: x\r\n\r\n")));
        std::uint8_t piece[4096];
        const auto count = stream->read_some(piece);
        ASSERT_TRUE(count.ok());
        const std::string_view answer(reinterpret_cast<const char*>(piece), *count);
        refused += answer.starts_with("HTTP/1.1 403 ") ? 1 : 0;
        full += answer.starts_with("HTTP/1.1 503 ") ? 1 : 0;
    }
    EXPECT_EQ(refused, 256U);
    EXPECT_EQ(full, 744U);
}

TEST(EgressTest, WithoutTheKeeperNothingLeaves) {
    Seen seen;
    LoopbackServer server(remember(seen));
    EgressHouse house;
    const Envelope envelope = loopback_envelope(server.port);
    const base::Bytes packed = envelope.pack();
    const base::Bytes ticket = house.keeper->issue_for(packed);
    house.keeper.reset();
    EXPECT_FALSE(
        exchange(*house.client, ticket, packed, {"GET", "", {}, {}}, {soon(), nullptr}).ok());
    EXPECT_EQ(seen.count(), 0U);
}

TEST(EgressTest, LargeBodiesStreamBothWays) {
    LoopbackServer server([](net::HttpExchange& exchange) {
        if (!exchange.begin({}, exchange.content_length())) return;
        for (;;) {
            const auto piece = exchange.next_body();
            if (!piece || piece->empty()) break;
            if (!exchange.write(base::text_of(*piece))) return;
        }
        static_cast<void>(exchange.finish());
    });
    EgressHouse house;
    Envelope envelope = loopback_envelope(server.port);
    const std::string body(1U << 20U, 'b');
    auto answer = house.exchange(envelope, {"POST", "", {}, base::bytes_of(body)});
    ASSERT_TRUE(answer.ok()) << answer.error().what;
    EXPECT_EQ(*answer->whole_body(soon()), body);
}

}  // namespace
}  // namespace hs::egress
