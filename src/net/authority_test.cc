#include "net/authority.h"

#include <gtest/gtest.h>

#include <thread>

#include "net/testing.h"

namespace hs::net {
namespace {

base::Result<std::string> visit(const Authority& trusted, Authority& serving,
                                const std::string& certified, const std::string& wanted) {
    auto pair = os::stream_pair();
    CHECK(pair.ok());
    const auto client = TlsClient::make(trusted.certificate_pem());
    CHECK(client.ok());
    const auto server = serving.server_for(certified);
    CHECK(server.ok());
    std::thread other([&] {
        auto stream = std::make_unique<SocketStream>(std::move(pair->second));
        stream->set_deadline(os::Deadline::after_ms(5'000));
        auto accepted = (*server)->accept(std::move(stream));
        if (accepted) static_cast<void>((*accepted)->write_all(base::bytes_of("hello")));
        if (accepted) (*accepted)->finish_writing();
    });
    auto stream = std::make_unique<SocketStream>(std::move(pair->first));
    stream->set_deadline(os::Deadline::after_ms(5'000));
    auto secured = client->secure(std::move(stream), wanted);
    base::Result<std::string> said = std::string();
    if (secured) {
        said = testing::read_to_end(**secured);
    } else {
        said = secured.failure();
    }
    other.join();
    return said;
}

TEST(Authority, ServesTheHostsThatItCertifies) {
    const auto authority = Authority::make("One sandbox's connections");
    ASSERT_TRUE(authority.ok()) << authority.error().what;
    for (const char* host : {"api.example.com", "127.0.0.1", "::1"}) {
        const auto said = visit(**authority, **authority, host, host);
        ASSERT_TRUE(said.ok()) << host << ": " << said.error().what;
        EXPECT_EQ(*said, "hello");
    }
    // The same server again, not a new one.
    EXPECT_EQ(*(*authority)->server_for("a.example"), *(*authority)->server_for("a.example"));
}

TEST(Authority, IsTrustedForNothingElse) {
    const auto one = Authority::make("one");
    const auto other = Authority::make("other");
    EXPECT_FALSE(visit(**one, **one, "api.example.com", "www.example.com").ok());
    // What one sandbox trusts says nothing to another.
    EXPECT_FALSE(visit(**other, **one, "api.example.com", "api.example.com").ok());
}

TEST(Authority, TakesLongNames) {
    const auto authority = Authority::make("long");
    const std::string label(60, 'a');
    const std::string host = label + "." + label + "." + label + ".example";
    const auto said = visit(**authority, **authority, host, host);
    EXPECT_TRUE(said.ok()) << said.error().what;
}

}  // namespace
}  // namespace hs::net
