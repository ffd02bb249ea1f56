// The keeper's own ways out: tunnels with certificates on both sides, and HTTP that is not
// recorded.
#include "egress/keeper_tunnel.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "egress/testing.h"

namespace hs::egress {
namespace {

using testing::EgressHouse;
using ::testing::HasSubstr;
using testing::loopback_envelope;
using testing::LoopbackServer;
using testing::RawServer;
using ::testing::StartsWith;

// A TLS server that keeps what it reads and demands a client's certificate.
class Collector {
  public:
    Collector()
        : server_(net::testing::make_certificates("DNS:siem.example.com")),
          client_(net::testing::make_certificates("DNS:hardshell-client")),
          stranger_(net::testing::make_certificates("DNS:hardshell-client")),
          tls_(*net::TlsServer::make(server_.chain_pem, server_.key_pem, client_.root_pem)),
          raw_([this](std::unique_ptr<net::Stream> stream) { serve(std::move(stream)); }) {}

    Envelope envelope() const {
        Envelope made = loopback_envelope(raw_.port);
        made.methods = {"STREAM"};
        made.scheme = Scheme::https;
        made.host = "siem.example.com";
        made.target = "/";
        made.purpose = Purpose::stream;
        made.identity = "siem";
        return made;
    }
    NamedIdentity good() const {
        return {"siem", {server_.root_pem, client_.chain_pem, client_.key_pem}};
    }
    NamedIdentity foreign() const {
        return {"siem", {server_.root_pem, stranger_.chain_pem, stranger_.key_pem}};
    }
    NamedIdentity without() const { return {"siem", {server_.root_pem, "", ""}}; }
    NamedIdentity other_roots() const {
        return {"siem", {stranger_.root_pem, client_.chain_pem, client_.key_pem}};
    }

    base::Guarded<std::string> received;
    std::atomic<bool> talkative{false};

  private:
    void serve(std::unique_ptr<net::Stream> stream) {
        auto secured = tls_.accept(std::move(stream));
        if (!secured) return;
        (*secured)->set_deadline(os::Deadline::after_ms(5'000));
        if (talkative) {
            const std::string words(100'000, '!');
            static_cast<void>((*secured)->write_all(base::bytes_of(words)).ok());
        }
        std::uint8_t piece[4096];
        for (;;) {
            const auto count = (*secured)->read_some(piece);
            if (!count || *count == 0) return;
            received.with([&](std::string& text) {
                text.append(reinterpret_cast<const char*>(piece), *count);
            });
        }
    }

    net::testing::MadeCertificates server_;
    net::testing::MadeCertificates client_;
    net::testing::MadeCertificates stranger_;
    net::TlsServer tls_;
    RawServer raw_;
};

class TunnelTest : public ::testing::Test {
  protected:
    void SetUp() override {
        house.resolver.set("siem.example.com", {net::Address::ipv4(127, 0, 0, 1)});
    }
    std::unique_ptr<net::SocketStream> open(const Envelope& envelope) {
        const base::Bytes packed = envelope.pack();
        const std::string permit = permit_field(house.keeper->issue_for(packed), packed);
        auto stream = std::make_unique<net::SocketStream>(house.keeper->open_stream(permit));
        stream->set_deadline(os::Deadline::after_ms(5'000));
        return stream;
    }
    static std::string line(net::Stream& stream) {
        std::string text;
        std::uint8_t byte[1];
        while (text.size() < 1000) {
            const auto count = stream.read_some(byte);
            if (!count || *count == 0 || byte[0] == '\n') break;
            text += static_cast<char>(byte[0]);
        }
        return text;
    }
    bool arrives(const std::string& wanted) {
        for (int i = 0; i < 2'000; ++i) {
            if (collector.received.with([&](auto& text) { return text == wanted; })) return true;
            std::this_thread::sleep_for(std::chrono::milliseconds(2));
        }
        return false;
    }

    Collector collector;
    EgressHouse house;
};

TEST_F(TunnelTest, WithoutAGoodPermitNothingIsDialled) {
    house.keeper->send_identity(collector.good());
    auto forged = std::make_unique<net::SocketStream>(house.keeper->open_stream("nonsense"));
    forged->set_deadline(os::Deadline::after_ms(5'000));
    EXPECT_THAT(line(*forged), StartsWith("failed permit_refused"));
    Envelope http = collector.envelope();
    http.purpose = Purpose::http;
    EXPECT_THAT(line(*open(http)), HasSubstr("not for a stream"));
    Envelope elsewhere = collector.envelope();
    elsewhere.addresses = {net::AddressClass::public_net};
    EXPECT_THAT(line(*open(elsewhere)), StartsWith("failed address_refused"));
    EXPECT_TRUE(collector.received.with([](auto& text) { return text.empty(); }));
}

TEST_F(TunnelTest, AStreamsPermitIsNoneForHttpNorForHardshelld) {
    house.keeper->send_identity(collector.good());
    const auto answer = house.exchange(collector.envelope(), {"STREAM", "", {}, {}});
    ASSERT_FALSE(answer);
    EXPECT_THAT(answer.error().what, HasSubstr("for a stream"));
}

TEST_F(TunnelTest, BothEndsMustProveThemselves) {
    EXPECT_THAT(line(*open(collector.envelope())), HasSubstr("not usable")) << "no identity";
    house.keeper->send_identity(collector.other_roots());
    EXPECT_THAT(line(*open(collector.envelope())), StartsWith("failed tls_failed"));
    for (const auto& identity : {collector.foreign(), collector.without()}) {
        house.keeper->send_identity(identity);
        auto stream = open(collector.envelope());
        // In TLS 1.3 the refusal comes after our side of the handshake has ended.
        std::string said = line(*stream);
        if (said.starts_with("connected")) {
            static_cast<void>(stream->write_all(base::bytes_of("lost")).ok());
            said = line(*stream);
        }
        EXPECT_THAT(said, StartsWith("failed "));
    }
    EXPECT_TRUE(collector.received.with([](auto& text) { return text.empty(); }));
}

TEST_F(TunnelTest, BytesArriveAndNothingOfTheServerComesBack) {
    collector.talkative = true;
    house.keeper->send_identity(collector.good());
    auto stream = open(collector.envelope());
    EXPECT_EQ(line(*stream), "connected 127.0.0.1");
    const std::string text(300'000, 'x');
    ASSERT_TRUE(stream->write_all(base::bytes_of(text)));
    EXPECT_TRUE(arrives(text));
    stream->set_deadline(os::Deadline::after_ms(50));
    std::uint8_t piece[10];
    EXPECT_EQ(stream->read_some(piece).error().code, base::Code::timed_out);
}

TEST_F(TunnelTest, ARevocationEndsItAndSaysSo) {
    house.keeper->send_identity(collector.good());
    auto stream = open(collector.envelope());
    EXPECT_EQ(line(*stream), "connected 127.0.0.1");
    house.keeper->send_generation(8);
    EXPECT_EQ(line(*stream), "failed stopped");
}

TEST_F(TunnelTest, TheKeepersOwnHttpIsServedAndNotRecorded) {
    LoopbackServer server([](net::HttpExchange& exchange) {
        static_cast<void>(exchange.answer(200, "text/plain", "taken").ok());
    });
    EgressClient own(house.keeper->channel());
    Envelope envelope = loopback_envelope(server.port);
    envelope.purpose = Purpose::ship;
    const base::Bytes packed = envelope.pack();
    auto answer = exchange(own, house.keeper->issue_for(packed), packed, {"GET", "", {}, {}},
                           {os::Deadline::after_ms(5'000), nullptr});
    ASSERT_TRUE(answer) << answer.error().what;
    EXPECT_EQ(*answer->whole_body(os::Deadline::after_ms(5'000)), "taken");
    ASSERT_TRUE(house.exchange(loopback_envelope(server.port)));
    EXPECT_EQ(*house.keeper->await_record().find("purpose")->text(), "http");
    EXPECT_EQ(house.keeper->records.with([](auto& list) { return list.size(); }), 1U);
}

// A store's login is a brokered secret itself: the keeper sends it under a permit of that purpose,
// and under any other the same words do not leave.
TEST_F(TunnelTest, AStoresLoginGoesUnderItsOwnPurposeAlone) {
    constexpr std::string_view login = "secret-id-planted-0123456789";
    LoopbackServer server([](net::HttpExchange& exchange) {
        static_cast<void>(exchange.answer(200, "text/plain", "taken").ok());
    });
    os::SystemRandom random;
    std::vector<NamedSecret> known;
    known.push_back({"login", crypto::SecretBytes::copy_of(base::bytes_of(login))});
    const base::Bytes prints = FingerprintTable::of(known, random).pack();
    const auto kind = static_cast<std::uint16_t>(gate::ActorFrameKind::fingerprints);
    ASSERT_TRUE(house.keeper->channel().send(0, kind, prints).ok());
    EgressClient own(house.keeper->channel());
    const auto status = [&](Purpose purpose) {
        Envelope envelope = loopback_envelope(server.port);
        envelope.purpose = purpose;
        OutgoingRequest request{"POST", "", {}, base::bytes_of(login)};
        request.headers.add("X-Vault-Token", std::string(login));
        const base::Bytes packed = envelope.pack();
        const auto answer = exchange(own, house.keeper->issue_for(packed), packed, request,
                                     {os::Deadline::after_ms(5'000), nullptr});
        return answer ? answer->head().status : 0;
    };
    EXPECT_EQ(status(Purpose::store), 200);
    EXPECT_NE(status(Purpose::http), 200);
    EXPECT_NE(status(Purpose::ship), 200);
    EXPECT_EQ(*house.keeper->await_record().find("purpose")->text(), "store");
    Envelope placed = loopback_envelope(server.port);
    placed.purpose = Purpose::store;
    placed.credential.name = "login";
    placed.credential.header = "Authorization";
    EXPECT_FALSE(placed.check().ok());
}

}  // namespace
}  // namespace hs::egress
