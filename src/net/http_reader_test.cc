#include "net/http_reader.h"

#include <gtest/gtest.h>

#include "net/body_writer.h"
#include "net/http_client.h"
#include "net/origin.h"
#include "net/testing.h"

namespace hs::net {
namespace {

using base::Code;
using testing::MemoryStream;

struct Outcome {
    bool head_ok = false;
    Code code = Code::corrupt;
    std::string body;
    bool body_ok = false;
};

Outcome read_request(const std::string& bytes, const HttpLimits& limits = {},
                     std::size_t step_bytes = 1U << 20U) {
    MemoryStream stream(bytes, step_bytes);
    HttpReader reader(stream, limits);
    Outcome outcome;
    const auto head = reader.read_request_head();
    outcome.head_ok = head.ok();
    if (!head) {
        outcome.code = head.error().code;
        return outcome;
    }
    for (;;) {
        const auto piece = reader.next_body();
        if (!piece) {
            outcome.code = piece.error().code;
            return outcome;
        }
        if (piece->empty()) break;
        outcome.body += base::text_of(*piece);
    }
    outcome.body_ok = true;
    return outcome;
}

TEST(HttpReaderTest, RefusesEverySmugglingShape) {
    const std::string start = "POST / HTTP/1.1\r\nHost: a\r\n";
    for (const std::string& bytes : {
             start + "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
             start + "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n",
             start + "Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc",
             start + "Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
             start + "Content-Length: 3, 3\r\n\r\nabc",
             start + "Content-Length: +3\r\n\r\nabc",
             start + "Content-Length: 0x3\r\n\r\nabc",
             start + "Content-Length: -1\r\n\r\n",
             start + "Content-Length: \r\n\r\n",
             start + "Content-Length: 99999999999999999999999\r\n\r\n",
             start + "Content-Length : 3\r\n\r\nabc",
             start + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
             start + "Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n",
             start + "Transfer-Encoding: identity\r\n\r\n",
             start + "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
             start + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
             start + "Transfer-Encoding\t: chunked\r\n\r\n0\r\n\r\n",
             start + "X: a\r\n b\r\n\r\n",
             start + "X: a\r\n\tTransfer-Encoding: chunked\r\n\r\n",
             start + "X: a\rY: b\r\n\r\n",
             start + "X: a\nY: b\r\n\r\n",
             start + std::string("X: a\0b\r\n\r\n", 10),
             start + " X: a\r\n\r\n",
             start + "Host: b\r\n\r\n",
             std::string("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
             std::string("GET / HTTP/1.1\r\n\r\n"),
             std::string("GET / HTTP/2.0\r\nHost: a\r\n\r\n"),
             std::string("GET /\r\n\r\n"),
             std::string("GET / a HTTP/1.1\r\nHost: a\r\n\r\n"),
             std::string("G\x01T / HTTP/1.1\r\nHost: a\r\n\r\n"),
             std::string("GET /\xff HTTP/1.1\r\nHost: a\r\n\r\n"),
             std::string("\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n"),
         }) {
        const Outcome outcome = read_request(bytes);
        EXPECT_FALSE(outcome.head_ok) << bytes;
        EXPECT_EQ(outcome.code, Code::invalid_input) << bytes;
    }
}

TEST(HttpReaderTest, RefusesMalformedChunks) {
    const std::string start = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
    for (const char* body :
         {"g\r\n", "-1\r\n\r\n", "3\r\nabcd\r\n0\r\n\r\n", "3\nabc\n0\n\n",
          "0x3\r\nabc\r\n0\r\n\r\n", "fffffffffffffffff\r\nabc", "3\r\nabcX\r\n0\r\n\r\n"}) {
        const Outcome outcome = read_request(start + body);
        EXPECT_TRUE(outcome.head_ok);
        EXPECT_FALSE(outcome.body_ok) << body;
    }
    const Outcome endless = read_request(start + "3;" + std::string(100'000, 'x'));
    EXPECT_EQ(endless.code, Code::invalid_input);
}

TEST(HttpReaderTest, HoldsTheLimits) {
    const std::string start = "POST / HTTP/1.1\r\nHost: a\r\n";
    HttpLimits limits;
    limits.body_bytes_max = 10;
    EXPECT_EQ(read_request(start + "X: " + std::string(70'000, 'x') + "\r\n\r\n").code,
              Code::exhausted);
    EXPECT_EQ(read_request(start + "X: " + std::string(200'000, 'x'), {}, 1000).code,
              Code::exhausted);
    std::string many = start;
    for (int i = 0; i < 200; ++i) many += "X: y\r\n";
    EXPECT_EQ(read_request(many + "\r\n").code, Code::exhausted);
    EXPECT_EQ(read_request(start + "Content-Length: 11\r\n\r\n", limits).code, Code::exhausted);
    EXPECT_EQ(read_request(
                  start + "Transfer-Encoding: chunked\r\n\r\nb\r\n01234567890\r\n0\r\n\r\n", limits)
                  .code,
              Code::exhausted);
    EXPECT_TRUE(read_request(start + "Content-Length: 10\r\n\r\n0123456789", limits).body_ok);
}

TEST(HttpReaderTest, SaysWhenThePeerBreaksOff) {
    const std::string start = "POST / HTTP/1.1\r\nHost: a\r\n";
    EXPECT_EQ(read_request(start).code, Code::io);
    EXPECT_EQ(read_request(start + "Content-Length: 5\r\n\r\nab").code, Code::io);
    EXPECT_EQ(read_request(start + "Transfer-Encoding: chunked\r\n\r\n5\r\nab").code, Code::io);
    EXPECT_EQ(read_request(start + "Transfer-Encoding: chunked\r\n\r\n2\r\nab\r\n").code, Code::io);
}

TEST(HttpReaderTest, ReadsBodiesInAnyPieces) {
    const std::string start = "POST / HTTP/1.1\r\nHost: a\r\n";
    for (const std::size_t step : {1U, 2U, 3U, 7U, 100U}) {
        EXPECT_EQ(read_request(start + "Content-Length: 5\r\n\r\nabcde", {}, step).body, "abcde");
        // The parser must not be asked about an end of which it has seen too little.
        EXPECT_TRUE(
            read_request(start + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", {}, step).body_ok);
        const Outcome chunked = read_request(
            start +
                "Transfer-Encoding: chunked\r\n\r\n2;n=v\r\nab\r\n3\r\ncde\r\n0\r\nT: v\r\n\r\n",
            {}, step);
        EXPECT_TRUE(chunked.body_ok);
        EXPECT_EQ(chunked.body, "abcde");
    }
}

TEST(HttpReaderTest, ReadsPipelinedRequestsOneAfterAnother) {
    const std::string one = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx";
    MemoryStream stream(one + one + "GET /last HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
                        5);
    HttpReader reader(stream, {});
    for (int i = 0; i < 2; ++i) {
        ASSERT_TRUE(*reader.await_message());
        ASSERT_TRUE(reader.read_request_head().ok());
        EXPECT_EQ(base::text_of(*reader.next_body()), "x");
        EXPECT_TRUE(reader.next_body()->empty());
        EXPECT_TRUE(reader.keeps_alive());
    }
    ASSERT_TRUE(*reader.await_message());
    EXPECT_EQ(reader.read_request_head()->target, "/last");
    EXPECT_FALSE(reader.keeps_alive());
    EXPECT_FALSE(*reader.await_message());
}

TEST(HttpClientTest, SkipsInterimAnswersAndReadsToTheEndOfTheConnection) {
    auto stream = std::make_unique<MemoryStream>(
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"
        "HTTP/1.1 200 OK\r\n\r\nto the end");
    HttpClient client(std::move(stream));
    ASSERT_TRUE(client.send({"GET", "/", 1, {{"Host", "a"}}}).ok());
    const auto head = client.receive(100);
    ASSERT_TRUE(head.ok());
    EXPECT_EQ(head->status, 200);
    EXPECT_EQ(*client.whole_body(), "to the end");
    EXPECT_FALSE(client.reusable());
}

TEST(HttpClientTest, AnswersToHeadAnd304HaveNoBody) {
    for (const char* method : {"HEAD", "GET"}) {
        const bool head_method = std::string_view(method) == "HEAD";
        auto stream = std::make_unique<MemoryStream>(
            std::string(head_method ? "HTTP/1.1 200 OK" : "HTTP/1.1 304 Not Modified") +
            "\r\nContent-Length: 5\r\n\r\nHTTP/1.1");
        HttpClient client(std::move(stream));
        ASSERT_TRUE(client.send({method, "/", 1, {{"Host", "a"}}}).ok());
        ASSERT_TRUE(client.receive(100).ok());
        EXPECT_EQ(*client.whole_body(), "");
        // The bytes after it were never asked for: the connection must not be used again.
        EXPECT_FALSE(client.reusable());
    }
}

TEST(HttpClientTest, AnswerBeyondTheLimitIsRefused) {
    HttpClient client(std::make_unique<MemoryStream>(
        "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n" + std::string(1000, 'x')));
    ASSERT_TRUE(client.send({"GET", "/", 1, {{"Host", "a"}}}).ok());
    ASSERT_TRUE(client.receive(999).ok());
    EXPECT_EQ(client.whole_body().error().code, Code::exhausted);
}

TEST(HttpMessageTest, HopByHopFieldsAndWhatConnectionNamesAreRemoved) {
    Headers headers = {{"Connection", "close, X-Private"},
                       {"x-private", "1"},
                       {"TE", "trailers"},
                       {"Keep-Alive", "5"},
                       {"Proxy-Authorization", "secret"},
                       {"Upgrade", "websocket"},
                       {"Accept", "*/*"}};
    remove_hop_by_hop(headers);
    ASSERT_EQ(headers.all().size(), 1U);
    EXPECT_EQ(headers.all()[0].name, "Accept");
}

TEST(BodyWriterTest, HoldsTheSenderToTheDeclaredLength) {
    MemoryStream stream("");
    BodyWriter longer(stream, 3);
    EXPECT_EQ(longer.write(base::bytes_of("abcd")).error().code, Code::invalid_input);
    BodyWriter shorter(stream, 3);
    ASSERT_TRUE(shorter.write(base::bytes_of("ab")).ok());
    EXPECT_EQ(shorter.finish().error().code, Code::invalid_input);
}

RequestHead local_request(Headers headers) {
    return {"GET", "/x", 1, std::move(headers)};
}

TEST(OriginTest, RefusesRebindingAndOtherSites) {
    const LocalNames names = LocalNames::loopback(7117);
    const Header host{"Host", "127.0.0.1:7117"};
    for (const Headers& headers : std::initializer_list<Headers>{
             {{"Host", "evil.example:7117"}},
             {{"Host", "127.0.0.1"}},
             {{"Host", "127.0.0.1:80"}},
             {{"Host", "127.0.0.1.evil.example:7117"}},
             {{"Host", "localhost.:7117"}},
             {{"Host", "0.0.0.0:7117"}},
             {{"Host", ""}},
             {},
             {host, {"Host", "evil.example"}},
             {host, {"Origin", "http://evil.example"}},
             {host, {"Origin", "null"}},
             {host, {"Origin", ""}},
             {host, {"Origin", "https://127.0.0.1:7117"}},
             {host, {"Origin", "http://127.0.0.1:7118"}},
             {host, {"Origin", "http://127.0.0.1:7117.evil.example"}},
             {host, {"Origin", "http://127.0.0.1:7117"}, {"Origin", "http://evil.example"}},
             {host, {"Sec-Fetch-Site", "cross-site"}},
             {host, {"Sec-Fetch-Site", "same-site"}},
         }) {
        EXPECT_FALSE(check_origin(local_request(headers), names).ok());
    }
    RequestHead absolute = local_request({host});
    absolute.target = "http://evil.example/x";
    EXPECT_FALSE(check_origin(absolute, names).ok());
    EXPECT_TRUE(check_origin(local_request({host}), names).ok());
    EXPECT_TRUE(check_origin(local_request({{"Host", "LOCALHOST:7117"},
                                            {"Origin", "http://127.0.0.1:7117"},
                                            {"Sec-Fetch-Site", "same-origin"}}),
                             names)
                    .ok());
}

}  // namespace
}  // namespace hs::net
