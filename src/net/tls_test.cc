#include "net/tls.h"

#include <gtest/gtest.h>

#include "net/testing.h"

namespace hs::net {
namespace {

using base::Code;
using testing::MadeCertificates;
using testing::make_certificates;

struct Shaken {
    base::Result<std::unique_ptr<Stream>> client;
    base::Result<std::unique_ptr<Stream>> server;
};

Shaken shake(const MadeCertificates& made, const std::string& roots, const std::string& host) {
    auto pair = os::stream_pair();
    CHECK(pair.ok());
    auto near = std::make_unique<SocketStream>(std::move(pair->first));
    auto far = std::make_unique<SocketStream>(std::move(pair->second));
    near->set_deadline(os::Deadline::after_ms(5'000));
    far->set_deadline(os::Deadline::after_ms(5'000));
    const auto server = TlsServer::make(made.chain_pem, made.key_pem);
    const auto client = TlsClient::make(roots);
    CHECK(server.ok() && client.ok());
    Shaken shaken{base::fail(Code::io, "not tried"), base::fail(Code::io, "not tried")};
    std::thread accepting([&] { shaken.server = server->accept(std::move(far)); });
    shaken.client = client->secure(std::move(near), host);
    accepting.join();
    return shaken;
}

TEST(TlsTest, RefusesWhatDoesNotProveTheHost) {
    const auto good = make_certificates("DNS:api.example.com,IP:127.0.0.1");
    const auto expired = make_certificates("DNS:api.example.com", -3600);
    const auto other = make_certificates("DNS:api.example.com");
    struct Case {
        const MadeCertificates& made;
        const std::string& roots;
        const char* host;
    };
    const auto partial = make_certificates("DNS:a*.example.com");
    for (const Case& bad :
         {Case{good, good.root_pem, "evil.example.com"},
          Case{good, good.root_pem, "api.example.com.evil.example"},
          Case{good, good.root_pem, "127.0.0.2"}, Case{good, other.root_pem, "api.example.com"},
          Case{partial, partial.root_pem, "api.example.com"},
          Case{expired, expired.root_pem, "api.example.com"}}) {
        const Shaken shaken = shake(bad.made, bad.roots, bad.host);
        ASSERT_FALSE(shaken.client.ok()) << bad.host;
        EXPECT_EQ(shaken.client.error().code, Code::denied) << shaken.client.error().what;
    }
    // The system's roots alone do not know the test's authority.
    EXPECT_EQ(shake(good, "", "api.example.com").client.error().code, Code::denied);
}

TEST(TlsTest, CarriesBytesBothWaysAndEndsInOrder) {
    const auto made = make_certificates("DNS:api.example.com,IP:127.0.0.1");
    for (const char* host : {"api.example.com", "127.0.0.1"}) {
        Shaken shaken = shake(made, made.root_pem, host);
        ASSERT_TRUE(shaken.client.ok()) << shaken.client.error().what;
        ASSERT_TRUE(shaken.server.ok());
        const std::string sent(300'000, 'z');
        std::thread writing([&] {
            CHECK((*shaken.server)->write_all(base::bytes_of(sent)).ok());
            (*shaken.server)->finish_writing();
        });
        EXPECT_EQ(testing::read_to_end(**shaken.client), sent);
        writing.join();
    }
}

TEST(TlsTest, ACutConnectionIsNoEnd) {
    const auto made = make_certificates("DNS:api.example.com");
    Shaken shaken = shake(made, made.root_pem, "api.example.com");
    ASSERT_TRUE(shaken.client.ok());
    ASSERT_TRUE((*shaken.server)->write_all(base::bytes_of("part")).ok());
    *shaken.server = nullptr;
    std::uint8_t out[16];
    ASSERT_EQ(*(*shaken.client)->read_some(out), 4U);
    EXPECT_FALSE((*shaken.client)->read_some(out).ok());
}

TEST(TlsTest, AWaitThatTimedOutCanBeTriedAgain) {
    const auto made = make_certificates("DNS:api.example.com");
    Shaken shaken = shake(made, made.root_pem, "api.example.com");
    ASSERT_TRUE(shaken.client.ok());
    Stream& client = **shaken.client;
    std::uint8_t out[16];
    client.set_deadline(os::Deadline::after_ms(20));
    EXPECT_EQ(client.read_some(out).error().code, Code::timed_out);
    ASSERT_TRUE((*shaken.server)->write_all(base::bytes_of("late")).ok());
    client.set_deadline(os::Deadline::after_ms(2'000));
    EXPECT_EQ(*client.read_some(out), 4U);
}

TEST(TlsTest, ASilentServerIsTimedOut) {
    auto pair = os::stream_pair();
    auto stream = std::make_unique<SocketStream>(std::move(pair->first));
    stream->set_deadline(os::Deadline::after_ms(50));
    const auto client = TlsClient::make();
    EXPECT_EQ(client->secure(std::move(stream), "a.example").error().code, Code::timed_out);
}

TEST(TlsTest, AKeyOfAnotherCertificateIsRefused) {
    const auto one = make_certificates("DNS:a.example");
    const auto two = make_certificates("DNS:a.example");
    EXPECT_FALSE(TlsServer::make(one.chain_pem, two.key_pem).ok());
    EXPECT_FALSE(TlsClient::make("no certificate").ok());
}

}  // namespace
}  // namespace hs::net
