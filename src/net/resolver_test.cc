#include "net/resolver.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include "os/fd.h"

namespace hs::net {
namespace {

using base::Code;

// A name server on a loopback UDP port that answers each A question with the given addresses, says
// "no such name" to names that start with "missing", and never answers those that start with
// "silent".
class ScriptedNameServer {
  public:
    ScriptedNameServer() : fd_(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
        sockaddr_in at{};
        at.sin_family = AF_INET;
        at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        CHECK(::bind(fd_.get(), reinterpret_cast<sockaddr*>(&at), sizeof at) == 0);
        socklen_t size = sizeof at;
        CHECK(::getsockname(fd_.get(), reinterpret_cast<sockaddr*>(&at), &size) == 0);
        name_ = "127.0.0.1:" + std::to_string(ntohs(at.sin_port));
        thread_ = std::thread([this] { answer(); });
    }
    ~ScriptedNameServer() {
        stop_ = true;
        thread_.join();
    }
    const std::string& name() const { return name_; }

  private:
    void answer() {
        while (!stop_) {
            if (!os::wait_for(fd_.get(), os::Ready::readable, os::Deadline::after_ms(20)).ok())
                continue;
            std::array<unsigned char, 512> packet{};
            sockaddr_in from{};
            socklen_t size = sizeof from;
            const ssize_t count = ::recvfrom(fd_.get(), packet.data(), packet.size(), 0,
                                             reinterpret_cast<sockaddr*>(&from), &size);
            if (count < 12) continue;
            const std::string reply =
                reply_to({reinterpret_cast<char*>(packet.data()), static_cast<std::size_t>(count)});
            if (reply.empty()) continue;
            ::sendto(fd_.get(), reply.data(), reply.size(), 0, reinterpret_cast<sockaddr*>(&from),
                     size);
        }
    }
    static std::string reply_to(std::string question) {
        const std::string_view label(question.data() + 13,
                                     static_cast<unsigned char>(question[12]));
        if (label.starts_with("silent")) return {};
        std::size_t end = 12;
        while (question[end] != 0) end += static_cast<unsigned char>(question[end]) + 1U;
        const bool asks_a = question[end + 2] == 1;
        const bool asks_txt = question[end + 2] == 16;
        question.resize(end + 5);  // header and question, without EDNS
        question[2] = static_cast<char>(0x81);
        question[3] = static_cast<char>(label.starts_with("missing") ? 0x83 : 0x80);
        for (std::size_t i = 6; i < 12; ++i) question[i] = 0;
        if (label.starts_with("missing")) return question;
        if (asks_txt) {
            question[7] = 2;  // the first of two strings
            question +=
                std::string("\xc0\x0c\0\x10\0\x01\0\0\0\x3c\0\x0e", 12) + "\x08v=DKIM1;\x04 p=x";
            question += std::string("\xc0\x0c\0\x10\0\x01\0\0\0\x3c\0\x07", 12) + "\x06second";
        }
        if (!asks_a) return question;
        question[7] = 2;
        for (const char last : {'\x07', '\x08'}) {
            question += std::string("\xc0\x0c\0\x01\0\x01\0\0\0\x3c\0\x04\x0a\0\0", 15) + last;
        }
        return question;
    }

    os::Fd fd_;
    std::string name_;
    std::atomic<bool> stop_{false};
    std::thread thread_;
};

TEST(ResolverTest, FindsAddresses) {
    ScriptedNameServer server;
    SystemResolver resolver(server.name());
    const auto found = resolver.resolve("two.example", os::Deadline::after_ms(5'000), nullptr);
    ASSERT_TRUE(found.ok()) << found.error().what;
    ASSERT_EQ(found->size(), 2U);
    EXPECT_EQ((*found)[0].text().substr(0, 7), "10.0.0.");
}

TEST(ResolverTest, TellsMissingNamesFromSilentServers) {
    ScriptedNameServer server;
    SystemResolver resolver(server.name());
    EXPECT_EQ(
        resolver.resolve("missing.example", os::Deadline::after_ms(5'000), nullptr).error().code,
        Code::not_found);
    const auto begun = std::chrono::steady_clock::now();
    EXPECT_EQ(resolver.resolve("silent.example", os::Deadline::after_ms(200), nullptr).error().code,
              Code::timed_out);
    EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds(4));
}

TEST(ResolverTest, TextsAreJoinedAndOthersServersAreAsked) {
    ScriptedNameServer server;
    SystemResolver resolver("malformed, list");
    const auto deadline = [] { return os::Deadline::after_ms(5'000); };
    EXPECT_EQ(resolver.texts("txt.example", deadline(), nullptr).error().code, Code::invalid_input);
    resolver.use_servers(server.name());
    const auto texts = resolver.texts("txt._domainkey.example", deadline(), nullptr);
    ASSERT_TRUE(texts.ok()) << texts.error().what;
    EXPECT_EQ(*texts, (std::vector<std::string>{"v=DKIM1; p=x", "second"}));
    EXPECT_EQ(resolver.texts("missing.example", deadline(), nullptr).error().code, Code::not_found);
}

TEST(ResolverTest, StopsWhenTold) {
    ScriptedNameServer server;
    SystemResolver resolver(server.name());
    const auto wake_up = os::WakeUp::make();
    std::thread raiser([&] {
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
        wake_up->raise();
    });
    const auto begun = std::chrono::steady_clock::now();
    const auto found = resolver.resolve("silent.example", os::Deadline::after_ms(9'000), &*wake_up);
    raiser.join();
    EXPECT_EQ(found.error().code, Code::cancelled);
    EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds(4));
}

TEST(ResolverTest, LocalhostComesFromTheHostsFile) {
    SystemResolver resolver;
    const auto found = resolver.resolve("localhost", os::Deadline::after_ms(5'000), nullptr);
    ASSERT_TRUE(found.ok()) << found.error().what;
    for (const Address& one : *found) EXPECT_EQ(one.classify(), AddressClass::loopback);
}

}  // namespace
}  // namespace hs::net
