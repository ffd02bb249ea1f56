// Streams of messages: handshake and frames in egress, the credential placed there, what people
// click told to the keeper.
#include "egress/message_stream.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "egress/attest.h"
#include "egress/messages.h"
#include "egress/placement.h"
#include "egress/testing.h"
#include "net/websocket.h"

namespace hs::egress {
namespace {

using base::Code;
using testing::EgressHouse;
using ::testing::HasSubstr;
using testing::loopback_envelope;
using testing::RawServer;

constexpr const char* click =
    R"({"envelope_id":"e","type":"interactive","payload":{"type":"block_actions",)"
    R"("user":{"id":"U1","team_id":"T1"},"actions":[{"value":"hsa-abcdefgh12345678"}]}})";

std::string head_of(net::Stream& stream) {
    std::string head;
    std::uint8_t byte = 0;
    while (head.find("\r\n\r\n") == std::string::npos && stream.read_some({&byte, 1}).ok()) {
        head += static_cast<char>(byte);
    }
    return head;
}

std::string server_frame(std::string_view text) {
    std::string frame{static_cast<char>(0x81)};
    if (text.size() < 126) {
        frame += static_cast<char>(text.size());
    } else {
        frame += {static_cast<char>(126), static_cast<char>(text.size() >> 8U),
                  static_cast<char>(text.size() & 0xffU)};
    }
    return frame + std::string(text);
}

// One masked frame of a client, unmasked.
std::string client_text(net::Stream& stream) {
    std::string bytes;
    std::uint8_t byte = 0;
    const auto take = [&](std::size_t count) {
        while (bytes.size() < count && stream.read_some({&byte, 1}).ok()) {
            bytes += static_cast<char>(byte);
        }
    };
    take(6);
    if (bytes.size() < 6) return "";
    const std::size_t size = static_cast<std::uint8_t>(bytes[1]) & 0x7fU;
    take(6 + size);
    std::string text = bytes.substr(6);
    for (std::size_t i = 0; i < text.size(); ++i) text[i] ^= bytes[2 + i % 4];
    return text;
}

void shake(net::Stream& stream, const std::string& head) {
    const std::size_t at = head.find("Sec-WebSocket-Key: ") + 19;
    const std::string key = head.substr(at, head.find("\r\n", at) - at);
    static_cast<void>(
        stream
            .write_all(base::bytes_of("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                                      "Connection: Upgrade\r\nSec-WebSocket-Accept: " +
                                      net::websocket_accept(key) + "\r\n\r\n"))
            .ok());
}

class MessageStreamTest : public ::testing::Test {
  protected:
    MessageStreamTest()
        : server_([this](std::unique_ptr<net::Stream> stream) {
              const std::string head = head_of(*stream);
              heads.with([&](std::string& all) { all += head; });
              shake(*stream, head);
              for (const auto& text : greetings) {
                  static_cast<void>(stream->write_all(base::bytes_of(server_frame(text))).ok());
              }
              for (;;) {
                  const std::string text = client_text(*stream);
                  if (text.empty()) return;
                  received.with([&](std::string& all) { all += text; });
                  static_cast<void>(
                      stream->write_all(base::bytes_of(server_frame("echo " + text))).ok());
              }
          }) {}

    Envelope envelope(Purpose purpose = Purpose::websocket) const {
        Envelope made = loopback_envelope(server_.port);
        made.methods = {"GET"};
        made.target = "/link?ticket=1";
        made.purpose = purpose;
        return made;
    }
    base::Result<std::unique_ptr<MessageLine>> open(const Envelope& made) {
        const base::Bytes packed = made.pack();
        return MessageLine::open(*house.client, house.keeper->issue_for(packed), packed,
                                 os::Deadline::after_ms(5'000), nullptr);
    }
    static base::Result<std::string> next(MessageLine& line) {
        return line.receive(os::Deadline::after_ms(5'000), nullptr);
    }

    std::vector<std::string> greetings = {"hello"};
    base::Guarded<std::string> heads;
    base::Guarded<std::string> received;
    EgressHouse house;
    RawServer server_;
};

// ---- what must not be ----

TEST_F(MessageStreamTest, APermitForHttpOpensNoStreamAndTheOtherWayRound) {
    EXPECT_EQ(open(envelope(Purpose::http)).error().code, Code::denied);
    EXPECT_EQ(house.exchange(envelope()).error().code, Code::denied);
    EXPECT_EQ(server_.connections.load(), 0);
}

TEST_F(MessageStreamTest, ATicketOpensOneStream) {
    const base::Bytes packed = envelope().pack();
    const base::Bytes ticket = house.keeper->issue_for(packed);
    const auto first =
        MessageLine::open(*house.client, ticket, packed, os::Deadline::after_ms(5'000), nullptr);
    ASSERT_TRUE(first.ok()) << first.error().what;
    (*first)->close();
    EXPECT_EQ(
        MessageLine::open(*house.client, ticket, packed, os::Deadline::after_ms(5'000), nullptr)
            .error()
            .code,
        Code::denied);
}

TEST_F(MessageStreamTest, ARevokedPermitCutsTheStream) {
    auto line = open(envelope());
    ASSERT_TRUE(line.ok()) << line.error().what;
    EXPECT_EQ(*next(**line), "hello");
    house.keeper->send_generation(9);
    EXPECT_EQ(next(**line).error().code, Code::cancelled);
}

TEST_F(MessageStreamTest, TheCredentialIsPlacedOnceAndNeverComesBack) {
    house.keeper->secrets.with([](auto& table) { table["bot@127.0.0.1"] = "tok-12345678"; });
    Envelope made = envelope();
    made.credential = {"bot", "(message)", ""};
    auto line = open(made);
    ASSERT_TRUE(line.ok()) << line.error().what;
    EXPECT_EQ(*next(**line), "hello");
    ASSERT_TRUE((*line)->send(R"({"token":"{credential}"})").ok());
    const auto echoed = next(**line);
    ASSERT_TRUE(echoed.ok());
    EXPECT_EQ(received.with([](auto& all) { return all; }), R"({"token":"tok-12345678"})");
    EXPECT_EQ(echoed->find("tok-12345678"), std::string::npos) << *echoed;
    ASSERT_TRUE((*line)->send(R"({"token":"{credential}"})").ok());
    EXPECT_EQ(next(**line).error().code, Code::denied) << "a second time";
}

TEST_F(MessageStreamTest, AStreamWithoutACredentialPlacesNone) {
    auto line = open(envelope());
    ASSERT_TRUE(line.ok());
    EXPECT_EQ(*next(**line), "hello");
    ASSERT_TRUE((*line)->send("{credential}").ok());
    EXPECT_EQ(next(**line).error().code, Code::denied);
    EXPECT_EQ(received.with([](auto& all) { return all; }), "");
}

// ---- what must be ----

TEST_F(MessageStreamTest, MessagesPassBothWaysAndTheConnectionIsRecorded) {
    auto line = open(envelope());
    ASSERT_TRUE(line.ok()) << line.error().what;
    EXPECT_EQ(*next(**line), "hello");
    ASSERT_TRUE((*line)->send("to you").ok());
    EXPECT_EQ(*next(**line), "echo to you");
    (*line)->close();
    const wire::Json record = house.keeper->await_record();
    EXPECT_EQ(*record.find("purpose")->text(), "websocket");
    EXPECT_EQ(*record.find("path")->text(), "/link");
    EXPECT_EQ(*record.find("sent_bytes")->integer(), 6);
    EXPECT_THAT(heads.with([](auto& all) { return all; }), HasSubstr("GET /link?ticket=1 "));
}

TEST_F(MessageStreamTest, LinesPassBothWaysWithTheCredentialInItsPlace) {
    house.keeper->secrets.with([](auto& table) { table["mail@127.0.0.1"] = "pass-12345678"; });
    RawServer mail([this](std::unique_ptr<net::Stream> stream) {
        static_cast<void>(stream->write_all(base::bytes_of("220 ready\r\n")).ok());
        std::uint8_t byte = 0;
        while (byte != '\n' && stream->read_some({&byte, 1}).ok()) {
            received.with([&](std::string& all) { all += static_cast<char>(byte); });
        }
        static_cast<void>(stream->write_all(base::bytes_of("235 welcome\r\n")).ok());
    });
    Envelope made = envelope(Purpose::lines);
    made.port = mail.port;
    made.target = "/";
    made.credential = {"mail", "(sasl-plain)", "bot"};
    auto line = open(made);
    ASSERT_TRUE(line.ok()) << line.error().what;
    EXPECT_EQ(*next(**line), "220 ready\r\n");
    ASSERT_TRUE((*line)->write("AUTH PLAIN {credential}\r\n").ok());
    std::string answer;
    while (answer.find('\n') == std::string::npos) answer += *next(**line);
    EXPECT_EQ(answer, "235 welcome\r\n");
    // base64 of NUL bot NUL pass-12345678
    EXPECT_EQ(received.with([](auto& all) { return all; }),
              "AUTH PLAIN AGJvdABwYXNzLTEyMzQ1Njc4\r\n");
}

TEST_F(MessageStreamTest, WhatAPersonClicksIsToldToTheKeeper) {
    greetings = {click};
    auto line = open(envelope());
    ASSERT_TRUE(line.ok());
    EXPECT_EQ(*next(**line), click) << "and passed on";
    const auto told = [&] { return house.keeper->attested.with([](auto& list) { return list; }); };
    for (int i = 0; i < 5'000 && told().empty(); ++i) {
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    ASSERT_EQ(told().size(), 1U);
    EXPECT_EQ(wire::canonical_json(told()[0]),
              R"({"answer":"hsa-abcdefgh12345678","decision":"01TESTDECISION",)"
              R"("platform":"slack","tenant":"T1","user":"U1"})");
}

// ---- attestation ----

TEST(Attest, ABotAnEditAndAQuotationAttestNothing) {
    const auto said = [](std::string more, std::string text = "hsa-abcdefgh12345678") {
        return attested_in(R"({"envelope_id":"e","type":"events_api","payload":{"event":{)"
                           R"("type":"message","user":"U1","team":"T1","text":")" +
                           text + "\"" + more + "}}}");
    };
    EXPECT_EQ(said("").size(), 1U);
    EXPECT_EQ(said(R"(,"bot_id":"B1")").size(), 0U);
    EXPECT_EQ(said(R"(,"subtype":"message_changed")").size(), 0U);
    EXPECT_EQ(said("", "see hsa-abcdefgh12345678").size(), 0U);
    EXPECT_EQ(said("", "hsa-ABCDEFGH12345678").size(), 0U);
    EXPECT_EQ(attested_in("hsa-abcdefgh12345678").size(), 0U);
    EXPECT_EQ(attested_in(R"(["hsa-abcdefgh12345678"])").size(), 0U);
}

TEST(Attest, ReadsDiscordAndTelegram) {
    const auto discord = attested_in(
        R"({"op":0,"t":"INTERACTION_CREATE","d":{"type":3,"member":{"user":{"id":"9"}},)"
        R"("data":{"custom_id":"hsa-abcdefgh12345678"}}})");
    ASSERT_EQ(discord.size(), 1U);
    EXPECT_EQ(discord[0], (Attested{"discord", "", "9", "hsa-abcdefgh12345678"}));
    const auto telegram = attested_in(
        R"({"ok":true,"result":[{"update_id":1,"callback_query":{"id":"1","from":{"id":7},)"
        R"("data":"hsa-abcdefgh12345678"}},{"update_id":2,"message":{"from":{"id":8,"is_bot":true},)"
        R"("text":"hsa-abcdefgh12345678"}}]})");
    ASSERT_EQ(telegram.size(), 1U);
    EXPECT_EQ(telegram[0], (Attested{"telegram", "", "7", "hsa-abcdefgh12345678"}));
}

// ---- placement ----

TEST(Placement, AValueStaysInItsPlace) {
    const auto place = [](std::string_view value) {
        return in_path("/bot{credential}/getMe", base::bytes_of(value));
    };
    EXPECT_EQ(*place("123:abc"), "/bot123:abc/getMe");
    for (const char* bad : {"", "a/b", "a?b", "a#b", "a%2fb", "a b", "a\r\nX: y"}) {
        EXPECT_FALSE(place(bad).ok()) << bad;
    }
    EXPECT_FALSE(in_path("/bot{credential}/{credential}", base::bytes_of("x")).ok());
    EXPECT_FALSE(in_message("{credential}", PlaceForm::message, "", base::bytes_of("a\"b")).ok());
    EXPECT_EQ(*in_message("AUTH PLAIN {credential}\r\n", PlaceForm::sasl_plain, "test",
                          base::bytes_of("1234")),
              "AUTH PLAIN AHRlc3QAMTIzNA==\r\n");
}

TEST_F(MessageStreamTest, ATokenInThePathIsPlacedByEgress) {
    house.keeper->secrets.with([](auto& table) { table["bot@127.0.0.1"] = "123:abcdefgh"; });
    testing::LoopbackServer web([this](net::HttpExchange& exchange) {
        heads.with([&](std::string& all) { all = exchange.request().target; });
        static_cast<void>(exchange.answer(200, "text/plain", "you are 123:abcdefgh").ok());
    });
    Envelope made = loopback_envelope(web.port);
    made.target = "/bot{credential}/getMe";
    made.purpose = Purpose::poll;
    made.credential = {"bot", "(path)", ""};
    auto answer = house.exchange(made);
    ASSERT_TRUE(answer.ok()) << answer.error().what;
    EXPECT_EQ(heads.with([](auto& all) { return all; }), "/bot123:abcdefgh/getMe");
    EXPECT_EQ(answer->whole_body(os::Deadline::after_ms(1'000))->find("abcdefgh"),
              std::string::npos);
    EXPECT_EQ(*house.keeper->await_record().find("path")->text(), "/bot{credential}/getMe");
}

}  // namespace
}  // namespace hs::egress
