// Mail in egress: who has sent one, found out here; and one handed in, of which neither the bytes
// nor the address are another's choice.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "crypto/sign.h"
#include "egress/attest.h"
#include "egress/messages.h"
#include "egress/submission.h"
#include "egress/testing.h"

namespace hs::egress {
namespace {

using base::Code;
using testing::EgressHouse;
using ::testing::HasSubstr;
using testing::loopback_envelope;
using testing::RawServer;

constexpr std::string_view key_record =
    "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=";

std::string header_of(std::int64_t now_s) {
    const std::time_t time = now_s;
    std::tm parts{};
    ::gmtime_r(&time, &parts);
    char date[64];
    std::strftime(date, sizeof date, "Date: %d %b %Y %H:%M:%S +0000\r\n", &parts);
    return "From: Joe@firm.example\r\nTo: bot@firm.example\r\nMessage-ID: <1@firm.example>\r\n" +
           std::string(date);
}

// Signed in the simple form by the key of RFC 8463.
std::string signed_letter(const std::string& body, std::int64_t now_s) {
    const auto key = crypto::SigningKey::from_seed(
        *base::from_base64("nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A="));
    const std::string header = header_of(now_s);
    const std::string field =
        "DKIM-Signature: v=1; a=ed25519-sha256; d=firm.example; s=x; h=from:to:message-id:date; "
        "bh=" +
        base::to_base64(crypto::sha256(base::bytes_of(body))) + "; b=";
    const auto hash = crypto::sha256(base::bytes_of(header + field));
    return field + base::to_base64(key->sign(hash)) + "\r\n" + header + "\r\n" + body;
}

class MailTest : public ::testing::Test {
  protected:
    base::Result<std::string> hand_over(const Envelope& made, const std::string& letter) {
        const base::Bytes packed = made.pack();
        const auto line = TRY(MessageLine::open(*house.client, house.keeper->issue_for(packed),
                                                packed, os::Deadline::after_ms(5'000), nullptr));
        TRY(line->write(letter.substr(0, 10)));
        TRY(line->write(letter.substr(10)));
        return line->receive(os::Deadline::after_ms(5'000), nullptr);
    }
    base::Result<std::string> check(const std::string& letter,
                                    const std::string& host = "firm.example") {
        Envelope made = loopback_envelope(53);
        made.methods = {"LETTER"};
        made.purpose = Purpose::letter;
        made.host = host;
        made.target = "/bot@firm.example";
        made.body_bytes_max = letter.size();
        made.body_sha256 = crypto::sha256(base::bytes_of(letter));
        return hand_over(made, letter);
    }
    base::Result<std::string> submit(const std::string& letter, std::uint16_t port) {
        house.keeper->secrets.with([](auto& table) { table["mail@127.0.0.1"] = "pass-12345678"; });
        Envelope made = loopback_envelope(port);
        made.methods = {"SMTP"};
        made.purpose = Purpose::submit;
        made.target = "/joe@firm.example";
        made.credential = {"mail", "(sasl-plain)", "bot@firm.example"};
        made.body_bytes_max = letter.size();
        made.body_sha256 = crypto::sha256(base::bytes_of(letter));
        return hand_over(made, letter);
    }
    std::int64_t now_s() const { return house.clock.wall_ms() / 1'000; }

    EgressHouse house;
};

// ---- what must not be ----

TEST_F(MailTest, ALetterThatIsNotTheOneOfThePermitIsNotLookedAt) {
    house.resolver.set_text("x._domainkey.firm.example", std::string(key_record));
    const std::string letter = signed_letter("Hello\r\n", now_s());
    EXPECT_TRUE(check(letter).ok());
    Envelope made = loopback_envelope(53);
    made.methods = {"LETTER"};
    made.purpose = Purpose::letter;
    made.host = "firm.example";
    made.target = "/bot@firm.example";
    made.body_bytes_max = letter.size();
    made.body_sha256 = crypto::sha256(base::bytes_of(letter + " "));
    EXPECT_FALSE(hand_over(made, letter).ok());
    made.body_sha256.reset();
    EXPECT_FALSE(made.check().ok()) << "and there is none without a hash";
}

TEST_F(MailTest, NobodyIsProvenByAnotherDomainsKeyOrForAnotherAddress) {
    house.resolver.set_text("x._domainkey.firm.example", std::string(key_record));
    house.resolver.set_text("x._domainkey.evil.example", std::string(key_record));
    const std::string letter = signed_letter("Hello\r\n", now_s());
    EXPECT_EQ(check(letter, "evil.example").error().code, Code::denied);
    EXPECT_EQ(check(letter + "more\r\n").error().code, Code::denied);
    EXPECT_EQ(check(header_of(now_s()) + "\r\nHello\r\n").error().code, Code::denied);
    house.resolver.set_text("x._domainkey.firm.example", "v=DKIM1; k=ed25519; p=");
    EXPECT_EQ(check(letter).error().code, Code::denied);
}

TEST_F(MailTest, WhatAForgedMailSaysIsNotToldAsAnAnswer) {
    house.resolver.set_text("x._domainkey.firm.example", std::string(key_record));
    EXPECT_FALSE(check(header_of(now_s()) + "\r\nhsa-abcdefgh12345678\r\n").ok());
    EXPECT_TRUE(check(signed_letter("see hsa-abcdefgh12345678\r\n", now_s())).ok());
    EXPECT_TRUE(check(signed_letter("no\r\n> hsa-abcdefgh12345678\r\n", now_s())).ok());
    EXPECT_TRUE(house.keeper->attested.with([](auto& list) { return list.empty(); }));
}

// What a server says before its turn is not the mail's own answer, and no command hides in an
// address.
TEST_F(MailTest, AServerThatAnswersOutOfTurnHasNotTakenTheMail) {
    for (const char* script :
         {"250 taken\r\n", "220 hi\r\n220 taken\r\n",
          "220 hi\r\n250-x\r\n250 AUTH PLAIN\r\n250 taken\r\n",
          "220 hi\r\n250 AUTH PLAIN\r\n235 in\r\n354 go\r\n250 taken\r\n",
          "220 hi\r\n250 AUTH PLAIN\r\n235 in\r\n250 a\r\n250 b\r\n250 taken\r\n", "no SMTP\r\n",
          "99 x\r\n", "220 hi\r\n250 8BITMIME\r\n"}) {
        RawServer server([&](std::unique_ptr<net::Stream> stream) {
            static_cast<void>(stream->write_all(base::bytes_of(script)).ok());
            std::uint8_t byte = 0;
            for (;;) {
                const auto count = stream->read_some({&byte, 1});
                if (!count || *count == 0) return;
            }
        });
        EXPECT_FALSE(submit("Subject: x\r\n\r\nHello\r\n", server.port).ok()) << script;
    }
}

// ---- what must be ----

TEST_F(MailTest, ASenderIsProvenAndAnAnswerToldToTheKeeper) {
    house.resolver.set_text("x._domainkey.firm.example", std::string(key_record));
    const auto verdict = check(signed_letter("hsa-abcdefgh12345678 123456\r\n", now_s()));
    ASSERT_TRUE(verdict.ok()) << verdict.error().what;
    EXPECT_THAT(*verdict, HasSubstr(R"("from":"Joe@firm.example")"));
    EXPECT_THAT(*verdict, HasSubstr(R"("message_id":"<1@firm.example>")"));
    const auto list = [&] { return house.keeper->attested.with([](auto& held) { return held; }); };
    for (int i = 0; i < 5'000 && list().empty(); ++i) {
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    const auto told = list();
    ASSERT_EQ(told.size(), 1U);
    EXPECT_EQ(wire::canonical_json(told[0]),
              R"({"answer":"hsa-abcdefgh12345678","code":"123456","decision":"01TESTDECISION",)"
              R"("platform":"mail","tenant":"firm.example","user":"joe@firm.example"})");
}

TEST_F(MailTest, WithoutANameServerItIsNotFoundOutWhichIsNoRefusal) {
    std::string letter = signed_letter("Hello\r\n", now_s());
    letter.replace(letter.find("s=x;"), 4, "s=broken;");
    const auto verdict = check(letter);
    ASSERT_FALSE(verdict.ok());
    EXPECT_NE(verdict.error().code, Code::denied);
    EXPECT_THAT(verdict.error().what, HasSubstr("no name server answered"));
}

TEST(Submission, DotsAreDoubledAtTheStartOfLines) {
    EXPECT_EQ(dot_stuffed("a\r\n.\r\n.b\r\n"), "a\r\n..\r\n..b\r\n.\r\n");
    EXPECT_EQ(dot_stuffed("no end"), "no end\r\n.\r\n");
}

TEST_F(MailTest, TheMailLeavesAsItWasApprovedToWhomItWasApproved) {
    base::Guarded<std::string> heard;
    RawServer server([&](std::unique_ptr<net::Stream> stream) {
        const auto say = [&](const char* text) {
            static_cast<void>(stream->write_all(base::bytes_of(text)).ok());
        };
        const auto line = [&] {
            std::string all;
            std::uint8_t byte = 0;
            while (!all.ends_with("\r\n") && stream->read_some({&byte, 1}).ok()) {
                all += static_cast<char>(byte);
            }
            heard.with([&](std::string& held) { held += all; });
            return all;
        };
        say("220-hello\r\n220 ready\r\n");
        line();
        say("250-mx\r\n250-8bitmime\r\n250 AUTH LOGIN PLAIN\r\n");
        line();
        say("235 welcome\r\n");
        line();
        say("250 sender ok\r\n");
        line();
        say("250 to ok\r\n");
        line();
        say("354 go\r\n");
        while (line() != ".\r\n") {
        }
        say("250 pass-12345678 taken\r\n");
        line();
    });
    const auto answer = submit("Subject: x\r\n\r\n\xC3\xA4\r\n.dot\r\n", server.port);
    ASSERT_TRUE(answer.ok()) << answer.error().what;
    EXPECT_THAT(*answer, HasSubstr("\"code\":250"));
    EXPECT_THAT(*answer, Not(HasSubstr("pass-12345678")));
    EXPECT_EQ(house.keeper->await_record().find("purpose")->text()->compare("submit"), 0);
    const std::string all = heard.with([](auto& held) { return held; });
    // base64 of NUL bot@firm.example NUL pass-12345678
    EXPECT_THAT(all, HasSubstr("AUTH PLAIN AGJvdEBmaXJtLmV4YW1wbGUAcGFzcy0xMjM0NTY3OA==\r\n"));
    EXPECT_THAT(all, HasSubstr("MAIL FROM:<bot@firm.example> BODY=8BITMIME\r\n"
                               "RCPT TO:<joe@firm.example>\r\nDATA\r\n"
                               "Subject: x\r\n\r\n\xC3\xA4\r\n..dot\r\n.\r\n"));
}

TEST_F(MailTest, AConnectionThatEndsBehindTheMailLeavesItOpen) {
    RawServer server([](std::unique_ptr<net::Stream> stream) {
        static_cast<void>(
            stream
                ->write_all(base::bytes_of("220 a\r\n250 AUTH PLAIN\r\n235 b\r\n250 c\r\n250 d\r\n"
                                           "354 e\r\n"))
                .ok());
        std::string all;
        std::uint8_t byte = 0;
        while (!all.ends_with("\r\n.\r\n") && stream->read_some({&byte, 1}).ok()) {
            all += static_cast<char>(byte);
        }
    });
    const auto answer = submit("Subject: x\r\n\r\nHello\r\n", server.port);
    ASSERT_TRUE(answer.ok()) << answer.error().what;
    EXPECT_THAT(*answer, HasSubstr("\"code\":0"));
}

}  // namespace
}  // namespace hs::egress
