#include "net/websocket.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "net/testing.h"

namespace hs::net {
namespace {

using base::bytes_of;
using base::Code;
using Kind = WebSocketMessage::Kind;

base::ScriptedRandom dice(1);

std::string from_server(std::uint8_t first, std::string_view body) {
    std::string frame{static_cast<char>(first), static_cast<char>(body.size())};
    return frame + std::string(body);
}

Code code_of(std::string_view bytes, std::size_t bytes_max = 1000) {
    WebSocketReader reader(bytes_max);
    reader.feed(bytes_of(bytes));
    for (;;) {
        const auto message = reader.next();
        if (!message) return message.error().code;
        if (!*message) return Code::not_found;  // nothing was wrong
    }
}

// ---- hostile servers ----

TEST(WebSocketFrames, RefusesWhatNoServerMaySend) {
    EXPECT_EQ(code_of(std::string("\x81\x85"
                                  "abcdhello")),
              Code::invalid_input)
        << "masked";
    EXPECT_EQ(code_of("\xc1\x01x"), Code::invalid_input) << "reserved bit";
    EXPECT_EQ(code_of("\x83\x01x"), Code::invalid_input) << "unknown opcode";
    EXPECT_EQ(code_of("\x8b\x01x"), Code::invalid_input) << "unknown control";
    EXPECT_EQ(code_of("\x80\x01x"), Code::invalid_input) << "a continuation of nothing";
    EXPECT_EQ(code_of("\x01\x01x\x81\x01y"), Code::invalid_input) << "a message inside another";
    EXPECT_EQ(code_of(std::string("\x09\x00", 2)), Code::invalid_input) << "a cut ping";
    EXPECT_EQ(code_of(std::string("\x89\x7e\x00\x80", 4)), Code::invalid_input) << "a long ping";
    EXPECT_EQ(code_of(std::string("\x81\x7e\x00\x05hello", 9)), Code::invalid_input) << "long form";
    EXPECT_EQ(code_of("\x88\x01x"), Code::invalid_input) << "half a close code";
    EXPECT_EQ(code_of("\x81\x02\xc0\x80"), Code::invalid_input) << "overlong UTF-8";
    EXPECT_EQ(code_of("\x81\x03\xed\xa0\x80"), Code::invalid_input) << "a surrogate";
    EXPECT_EQ(code_of("\x81\x01\xe2"), Code::invalid_input) << "cut UTF-8";
}

TEST(WebSocketFrames, AMessageOverTheLimitIsRefusedBeforeItIsHeld) {
    EXPECT_EQ(code_of(std::string("\x81\x7f\x00\x00\x00\x01\x00\x00\x00\x00", 10)),
              Code::exhausted);
    std::string pieces = from_server(0x01, std::string(100, 'x'));
    for (int i = 0; i < 10; ++i) pieces += from_server(0x00, std::string(100, 'x'));
    EXPECT_EQ(code_of(pieces), Code::exhausted) << "in pieces";
}

TEST(WebSocketFrames, FragmentsWithAPingBetweenThemAreOneMessage) {
    WebSocketReader reader(1000);
    for (const char byte : std::string("\x01\x03gr\xc3\x89\x01?\x80\x03\xbc\xc3\x9f")) {
        reader.feed(bytes_of(std::string_view(&byte, 1)));
    }
    EXPECT_EQ((*reader.next())->kind, Kind::ping);
    const auto message = reader.next();
    EXPECT_EQ((*message)->content, "grüß");
    EXPECT_FALSE(reader.next()->has_value());
}

TEST(WebSocketFrames, WhatWeSendIsMaskedAndComesOutAgain) {
    for (const std::size_t size : {0U, 5U, 125U, 126U, 65'535U, 65'536U}) {
        const std::string content(size, 'm');
        base::Bytes frame = websocket_frame(Kind::text, content, dice);
        EXPECT_NE(frame[1] & 0x80, 0);
        // The mask taken off, a server's frame is left.
        const std::size_t head = frame.size() - size - 4;
        const base::Bytes mask(frame.begin() + static_cast<std::ptrdiff_t>(head),
                               frame.begin() + static_cast<std::ptrdiff_t>(head + 4));
        frame.erase(frame.begin() + static_cast<std::ptrdiff_t>(head),
                    frame.begin() + static_cast<std::ptrdiff_t>(head + 4));
        for (std::size_t i = 0; i < size; ++i) frame[head + i] ^= mask[i % 4];
        frame[1] &= 0x7fU;
        WebSocketReader reader(100'000);
        reader.feed(frame);
        const auto message = reader.next();
        ASSERT_TRUE(message.ok() && *message);
        EXPECT_EQ((*message)->content, content);
    }
}

// ---- the handshake ----

TEST(WebSocket, AcceptIsThatOfTheRfc) {
    EXPECT_EQ(websocket_accept("dGhlIHNhbXBsZSBub25jZQ=="), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
}

base::Result<WebSocket> shake(const std::string& answer) {
    RequestHead request;
    request.target = "/link";
    request.headers.set("Host", "example.com");
    return WebSocket::open(std::make_unique<testing::MemoryStream>(answer, 7), request, dice, {});
}

// The key that the next handshake will send.
std::string next_accept() {
    base::ScriptedRandom copy = dice;
    std::array<std::uint8_t, 16> nonce{};
    copy.fill(nonce);
    return websocket_accept(base::to_base64(nonce));
}

std::string answer(const std::string& accept, const std::string& more = "") {
    return "HTTP/1.1 101 Switching Protocols\r\nUpgrade: WebSocket\r\nConnection: Upgrade\r\n"
           "Sec-WebSocket-Accept: " +
           accept + "\r\n" + more + "\r\n";
}

TEST(WebSocket, WhatComesBehindTheHeadIsNotLost) {
    auto socket = shake(answer(next_accept()) + from_server(0x81, "hello"));
    ASSERT_TRUE(socket.ok()) << socket.error().what;
    auto message = socket->ready();
    for (int i = 0; i < 3 && message.ok() && !*message; ++i) {
        ASSERT_TRUE(socket->read_more().ok());
        message = socket->ready();
    }
    EXPECT_EQ((*message)->content, "hello");
}

TEST(WebSocket, AHandshakeThatDoesNotHoldIsRefused) {
    EXPECT_EQ(shake(answer("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")).error().code, Code::invalid_input);
    EXPECT_EQ(shake(answer(next_accept(), "Sec-WebSocket-Extensions: permessage-deflate\r\n"))
                  .error()
                  .code,
              Code::invalid_input);
    EXPECT_EQ(shake("HTTP/1.1 403 Forbidden\r\n\r\n").error().code, Code::denied);
    EXPECT_EQ(shake("SSH-2.0-x\r\n\r\n").error().code, Code::invalid_input);
    EXPECT_EQ(shake("HTTP/1.1 101 x\r\n").error().code, Code::io) << "cut";
    EXPECT_EQ(shake(std::string(40'000, 'x')).error().code, Code::exhausted);
}

}  // namespace
}  // namespace hs::net
