// The listener for signed requests: what is not signed, stale, too large or of another place goes
// nowhere; what is durable is told so, and what people answer is told to the keeper.
#include "egress/hook_listener.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "crypto/mac.h"
#include "egress/messages.h"
#include "egress/testing.h"
#include "gate/channel_setting.h"

namespace hs::egress {
namespace {

using base::Code;
using testing::EgressHouse;
using ::testing::HasSubstr;
using testing::loopback_envelope;

constexpr const char* secret = "an-app-secret";
constexpr base::WallTime_ms now_ms = 1'700'000'000'000;

crypto::SecretBytes key(std::string_view text = secret) {
    return crypto::SecretBytes::copy_of(base::bytes_of(text));
}

std::string hub(std::string_view body, std::string_view with = secret) {
    return "sha256=" +
           base::to_hex(crypto::hmac_sha256(base::bytes_of(with), base::bytes_of(body)));
}

// ---- signatures ----

TEST(HookSignature, TheHubFormCoversTheRawBody) {
    const auto check = [](const net::Headers& headers, std::string_view body) {
        return check_signature(HookForm::hub, headers, body, key(), now_ms).ok();
    };
    EXPECT_TRUE(check({{"X-Hub-Signature-256", hub("{}")}}, "{}"));
    EXPECT_FALSE(check({{"X-Hub-Signature-256", hub("{}")}}, "{} "));
    EXPECT_FALSE(check({{"X-Hub-Signature-256", hub("{}", "another")}}, "{}"));
    EXPECT_FALSE(check({{"X-Hub-Signature-256", hub("{}").substr(0, 40)}}, "{}"));
    EXPECT_FALSE(check({{"X-Hub-Signature-256", "sha256="}}, "{}"));
    EXPECT_FALSE(check({{"X-Hub-Signature-256", "sha256=zz"}}, "{}"));
    EXPECT_FALSE(check({{"X-Hub-Signature", hub("{}")}}, "{}"));
    EXPECT_FALSE(
        check({{"X-Hub-Signature-256", "sha256=00"}, {"X-Hub-Signature-256", hub("{}")}}, "{}"))
        << "two fields could be read differently";
    EXPECT_FALSE(check({}, "{}"));
    EXPECT_FALSE(
        check_signature(HookForm::hub, {{"X-Hub-Signature-256", hub("{}", "")}}, "{}", {}, 0).ok())
        << "no secret signs nothing";
}

net::Headers standard(const std::string& id, std::int64_t at_s, std::string_view body,
                      std::string_view with, const std::string& before = "") {
    const std::string content = id + "." + std::to_string(at_s) + "." + std::string(body);
    const auto mac = crypto::hmac_sha256(base::bytes_of(with), base::bytes_of(content));
    return {{"webhook-id", id},
            {"webhook-timestamp", std::to_string(at_s)},
            {"webhook-signature", before + "v1," + base::to_base64(mac)}};
}

TEST(HookSignature, TheStandardFormIsFreshAndNamed) {
    const auto check = [](const net::Headers& headers, std::string_view body,
                          std::string_view with = secret) {
        return check_signature(HookForm::standard, headers, body, key(with), now_ms).ok();
    };
    const std::int64_t now_s = now_ms / 1'000;
    EXPECT_TRUE(check(standard("msg_1", now_s, "{}", secret), "{}"));
    EXPECT_TRUE(check(standard("msg_1", now_s - 300, "{}", secret), "{}"));
    EXPECT_FALSE(check(standard("msg_1", now_s - 301, "{}", secret), "{}"));
    EXPECT_FALSE(check(standard("msg_1", now_s + 301, "{}", secret), "{}"));
    EXPECT_FALSE(check(standard("msg_1", now_s, "{}", "another"), "{}"));
    EXPECT_FALSE(check(standard("msg_1", now_s, "{}", secret), "[]"));
    EXPECT_FALSE(check(standard("msg.1", now_s, "{}", secret), "{}")) << "a dot shifts the parts";
    EXPECT_FALSE(check(standard(std::string(129, 'a'), now_s, "{}", secret), "{}"));
    EXPECT_TRUE(check(standard("m", now_s, "{}", secret, "v1,AAAA v2,xyz "), "{}"));
    std::string many;
    for (int i = 0; i < 8; ++i) many += "v1,AAAA ";
    EXPECT_FALSE(check(standard("m", now_s, "{}", secret, many), "{}")) << "eight are looked at";
    // The key of a secret with the mark is what its base64 holds.
    EXPECT_TRUE(check(standard("m", now_s, "{}", "0123456789"), "{}", "whsec_MDEyMzQ1Njc4OQ=="));
    EXPECT_FALSE(check(standard("m", now_s, "{}", "0123456789"), "{}", "whsec_MDEyMzQ1Njc4OQ"));
    // The vector of the specification's own libraries (standardwebhooks.com).
    EXPECT_TRUE(
        check_signature(HookForm::standard,
                        {{"webhook-id", "msg_p5jXN8AQM9LWM0D4loKWxJek"},
                         {"webhook-timestamp", "1614265330"},
                         {"webhook-signature", "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="}},
                        R"({"test": 2432232314})", key("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"),
                        1'614'265'330'000)
            .ok());
}

TEST(HookSignature, AChallengeIsSaidBackForTheTokenAlone) {
    const std::string token = gate::verify_token(base::bytes_of(secret));
    const auto ask = [&](const std::string& query) { return answer_challenge(query, key()); };
    const std::string right = "hub.mode=subscribe&hub.verify_token=" + token;
    EXPECT_EQ(*ask(right + "&hub.challenge=42"), "42");
    EXPECT_FALSE(ask(right).ok());
    EXPECT_FALSE(ask(right + "&hub.challenge=%3Cb%3E").ok());
    EXPECT_FALSE(ask(right + "&hub.challenge=" + std::string(257, '1')).ok());
    EXPECT_FALSE(ask(right + "&hub.verify_token=x&hub.challenge=42").ok());
    EXPECT_FALSE(ask("hub.mode=subscribe&hub.verify_token=&hub.challenge=42").ok());
    EXPECT_FALSE(ask("").ok());
}

// ---- the listener ----

std::uint16_t free_port() {
    const auto listener = os::listen_loopback(os::Family::v4, 0);
    CHECK(listener.ok());
    return *os::port_of(listener->get());
}

class HookListenerTest : public ::testing::Test {
  protected:
    Envelope envelope() const {
        Envelope made = loopback_envelope(port_);
        made.methods = {"POST"};
        made.target = "/whatsapp";
        made.body_bytes_max = 2'000;
        made.purpose = Purpose::listen;
        made.credential = {"app", "(hub-signature)", ""};
        return made;
    }
    base::Result<std::unique_ptr<MessageLine>> open(const Envelope& made) {
        house.keeper->secrets.with([](auto& table) { table["app@127.0.0.1"] = secret; });
        const base::Bytes packed = made.pack();
        return MessageLine::open(*house.client, house.keeper->issue_for(packed), packed,
                                 os::Deadline::after_ms(5'000), nullptr);
    }
    // The status of one raw request.
    std::string post(const std::string& body, const std::string& signature,
                     const std::string& path = "/whatsapp", const std::string& more = "") {
        const std::uint8_t address[] = {127, 0, 0, 1};
        auto socket = os::connect_tcp(address, port_, os::Deadline::after_ms(2'000));
        if (!socket) return "refused";
        net::SocketStream stream(std::move(*socket));
        stream.set_deadline(os::Deadline::after_ms(5'000));
        const std::string text = "POST " + path +
                                 " HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                                 "X-Hub-Signature-256: " +
                                 signature + "\r\n" + more +
                                 "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
                                 body;
        if (!stream.write_all(base::bytes_of(text))) return "broken";
        std::array<std::uint8_t, 64> answer{};
        const auto count = stream.read_some(answer);
        return count && *count > 12 ? std::string(answer.begin() + 9, answer.begin() + 12) : "none";
    }

    const std::uint16_t port_ = free_port();
    EgressHouse house;
};

TEST_F(HookListenerTest, AnEnvelopeListensOnLoopbackAndChecksSignaturesOrNotAtAll) {
    Envelope made = envelope();
    made.host = "0.0.0.0";
    EXPECT_FALSE(made.check().ok());
    made = envelope();
    made.host = "192.0.2.1";
    EXPECT_FALSE(made.check().ok());
    made = envelope();
    made.credential = {};
    EXPECT_FALSE(made.check().ok());
    made.credential = {"app", "Authorization", "Bearer "};
    EXPECT_FALSE(made.check().ok());
}

TEST_F(HookListenerTest, WithoutItsSecretNothingListens) {
    const Envelope made = envelope();
    const base::Bytes packed = made.pack();
    EXPECT_FALSE(MessageLine::open(*house.client, house.keeper->issue_for(packed), packed,
                                   os::Deadline::after_ms(5'000), nullptr)
                     .ok());
    EXPECT_EQ(post("{}", hub("{}")), "refused");
}

TEST_F(HookListenerTest, RefusedRequestsReachNobodyAndAreCountedTogether) {
    const auto line = open(envelope());
    ASSERT_TRUE(line.ok()) << line.error().what;
    EXPECT_EQ(post("{}", hub("[]")), "401");
    EXPECT_EQ(post("{}", hub("{}"), "/other"), "404");
    EXPECT_EQ(post(std::string(2'001, ' '), hub(std::string(2'001, ' '))), "413");
    EXPECT_EQ(post("{}", hub("{}"), "/whatsapp", "X-Hub-Signature-256: sha256=00\r\n"), "401");
    const auto note = (*line)->receive_hook(os::Deadline::after_ms(12'000), nullptr);
    ASSERT_TRUE(note.ok()) << note.error().what;
    EXPECT_EQ(note->number, 0U);
    EXPECT_THAT(note->body, HasSubstr("refused at the listener"));
}

TEST_F(HookListenerTest, ThePlatformLearnsWhetherItIsDurable) {
    const auto line = open(envelope());
    ASSERT_TRUE(line.ok()) << line.error().what;
    const std::string body =
        R"({"object":"whatsapp_business_account","entry":[{"changes":[{"field":"messages",)"
        R"("value":{"messages":[{"from":"1631","interactive":{"button_reply":)"
        R"({"id":"hsa-abcdefgh12345678"}}}]}}]}]})";
    std::string first;
    std::string second;
    std::thread platform([&] {
        first = post(body, hub(body));
        second = post(body, hub(body));
    });
    for (const auto kept : {MessageLine::Kept::no, MessageLine::Kept::yes}) {
        const auto hook = (*line)->receive_hook(os::Deadline::after_ms(5'000), nullptr);
        ASSERT_TRUE(hook.ok()) << hook.error().what;
        EXPECT_EQ(hook->body, body);
        EXPECT_TRUE((*line)->answer_hook(hook->number, kept).ok());
    }
    platform.join();
    EXPECT_EQ(first, "503");
    EXPECT_EQ(second, "200");
    const auto told = house.keeper->attested.with([](auto& list) { return list; });
    ASSERT_EQ(told.size(), 1U) << "before hardshelld sees it, and once for all deliveries";
    EXPECT_EQ(*told[0].find("platform")->text(), "whatsapp");
    EXPECT_EQ(*told[0].find("user")->text(), "1631");
}

TEST_F(HookListenerTest, ARevokedPermitOrItsHolderClosesTheListener) {
    {
        const auto line = open(envelope());
        ASSERT_TRUE(line.ok()) << line.error().what;
        EXPECT_EQ(open(envelope()).error().code, Code::io) << "the port is taken";
        house.keeper->send_generation(8);
        EXPECT_FALSE((*line)->receive_hook(os::Deadline::after_ms(5'000), nullptr).ok());
    }
    const auto again = open(envelope());
    ASSERT_TRUE(again.ok()) << again.error().what;
    (*again)->close();
    EXPECT_FALSE((*again)->receive_hook(os::Deadline::after_ms(5'000), nullptr).ok());
    EXPECT_EQ(post("{}", hub("{}")), "refused");
}

}  // namespace
}  // namespace hs::egress
