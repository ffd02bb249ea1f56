#include "net/http_server.h"

#include <gtest/gtest.h>

#include "net/http_client.h"
#include "net/testing.h"

namespace hs::net {
namespace {

using base::Code;
using testing::connect_loopback;
using testing::read_to_end;
using testing::talk;

struct Running {
    std::unique_ptr<HttpServer> server;
    std::uint16_t port = 0;
};

Running run(HttpService service, const ServerLimits& limits = {}) {
    Running running;
    running.server = std::move(*HttpServer::make(limits, std::move(service)));
    auto listener = os::listen_loopback(os::Family::v4, 0);
    CHECK(listener.ok());
    running.port = *os::port_of(listener->get());
    CHECK(running.server->serve(std::move(*listener), Peer::Kind::loopback).ok());
    return running;
}

void echo(HttpExchange& exchange) {
    const auto body = exchange.whole_body(1U << 20U);
    if (!body) {
        const bool large = body.error().code == Code::exhausted;
        static_cast<void>(exchange.answer(large ? 413 : 400, "text/plain", body.error().what));
        return;
    }
    static_cast<void>(exchange.answer(200, "text/plain", exchange.request().target + *body));
}

ServerLimits impatient() {
    ServerLimits limits;
    limits.times = {300, 300, 300, 300};
    return limits;
}

HttpClient client_of(const Running& running) {
    auto stream = std::make_unique<SocketStream>(connect_loopback(running.port));
    stream->set_deadline(os::Deadline::after_ms(10'000));
    return HttpClient(std::move(stream));
}

TEST(HttpServerTest, AnswersManyRequestsOnOneConnection) {
    const Running running = run(&echo);
    HttpClient client = client_of(running);
    for (int i = 0; i < 100; ++i) {
        ASSERT_TRUE(client.send({"POST", "/a", 1, {{"Host", "x"}}}, base::bytes_of("body")).ok());
        const auto head = client.receive(1000);
        ASSERT_TRUE(head.ok()) << head.error().what;
        ASSERT_EQ(*client.whole_body(), "/abody");
        ASSERT_TRUE(client.reusable());
    }
}

TEST(HttpServerTest, CutsOffSlowHeads) {
    const Running running = run(&echo, impatient());
    SocketStream slow(connect_loopback(running.port));
    ASSERT_TRUE(slow.write_all(base::bytes_of("GET / HTTP/1.1\r\nHost: x\r\nX: ")).ok());
    const auto begun = std::chrono::steady_clock::now();
    std::thread dripping([&] {
        // One byte each 50 ms never trips a limit on the pause between bytes.
        for (int i = 0; i < 40 && slow.write_all(base::bytes_of("y")).ok(); ++i) {
            std::this_thread::sleep_for(std::chrono::milliseconds(50));
        }
    });
    SocketStream* reading = &slow;
    std::string answer;
    std::uint8_t piece[1024];
    reading->set_deadline(os::Deadline::after_ms(5'000));
    const auto count = reading->read_some(piece);
    if (count) answer.assign(reinterpret_cast<const char*>(piece), *count);
    dripping.join();
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 408 ")) << answer;
    EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds(4));
}

TEST(HttpServerTest, ClosesIdleConnectionsWithoutAWord) {
    const Running running = run(&echo, impatient());
    EXPECT_EQ(talk(running.port, ""), "");
}

TEST(HttpServerTest, RefusesOversizeHeadsAndBodies) {
    const Running running = run(&echo);
    const std::string start = "POST / HTTP/1.1\r\nHost: x\r\n";
    EXPECT_TRUE(talk(running.port, start + "X: " + std::string(80'000, 'x') + "\r\n\r\n")
                    .starts_with("HTTP/1.1 431 "));
    EXPECT_TRUE(talk(running.port, start + "Content-Length: 104857600\r\n\r\nabc")
                    .starts_with("HTTP/1.1 413 "));
    EXPECT_TRUE(
        talk(running.port, start + "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n")
            .starts_with("HTTP/1.1 400 "));
}

TEST(HttpServerTest, AHundredMegabytesAreRefusedWithoutKeepingThem) {
    const Running running = run(&echo);
    SocketStream stream(connect_loopback(running.port));
    stream.set_deadline(os::Deadline::after_ms(20'000));
    ASSERT_TRUE(stream
                    .write_all(base::bytes_of(
                        "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"))
                    .ok());
    const std::string chunk = "10000\r\n" + std::string(0x10000, 'x') + "\r\n";
    for (int i = 0; i < 1600; ++i) {
        if (!stream.write_all(base::bytes_of(chunk)).ok()) break;
    }
    // The answer is not lost to a reset although the client went on sending.
    EXPECT_TRUE(read_to_end(stream).starts_with("HTTP/1.1 413 "));
}

TEST(HttpServerTest, StreamsWithBackPressureAndSeesTheClientGo) {
    std::atomic<bool> failed{false};
    std::atomic<std::size_t> sent{0};
    ServerLimits limits = impatient();
    const Running running = run(
        [&](HttpExchange& exchange) {
            CHECK(exchange.begin({}).ok());
            const std::string piece(65'536, 'x');
            for (int i = 0; i < 10'000; ++i) {
                if (!exchange.write(piece)) {
                    failed = true;
                    return;
                }
                sent += piece.size();
            }
        },
        limits);
    SocketStream stream(connect_loopback(running.port));
    ASSERT_TRUE(stream.write_all(base::bytes_of("GET / HTTP/1.1\r\nHost: x\r\n\r\n")).ok());
    // Not reading: the server must stop by itself, long before it has written it all.
    for (int i = 0; i < 100 && !failed; ++i) {
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
    EXPECT_TRUE(failed);
    EXPECT_LT(sent.load(), std::size_t{64} << 20U);
}

TEST(HttpServerTest, ClientGoneIsSeenWhileTheServiceWorks) {
    std::atomic<bool> seen{false};
    const Running running = run([&](HttpExchange& exchange) {
        for (int i = 0; i < 200 && !seen; ++i) {
            seen = exchange.client_gone();
            std::this_thread::sleep_for(std::chrono::milliseconds(10));
        }
    });
    {
        SocketStream stream(connect_loopback(running.port));
        ASSERT_TRUE(stream.write_all(base::bytes_of("GET / HTTP/1.1\r\nHost: x\r\n\r\n")).ok());
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
    for (int i = 0; i < 200 && !seen; ++i)
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    EXPECT_TRUE(seen);
}

TEST(HttpServerTest, AThousandConnectionsAreServedOrToldThatItIsFull) {
    ServerLimits limits;
    limits.connections_max = 600;
    const Running running = run(&echo, limits);
    std::vector<std::unique_ptr<SocketStream>> streams;
    for (int i = 0; i < 1000; ++i) {
        streams.push_back(std::make_unique<SocketStream>(connect_loopback(running.port)));
    }
    std::size_t served = 0;
    std::size_t full = 0;
    for (auto& stream : streams) {
        stream->set_deadline(os::Deadline::after_ms(10'000));
        static_cast<void>(stream->write_all(base::bytes_of("GET / HTTP/1.1\r\nHost: x\r\n\r\n")));
        std::uint8_t piece[4096];
        const auto count = stream->read_some(piece);
        if (!count) continue;
        const std::string_view answer(reinterpret_cast<const char*>(piece), *count);
        served += answer.starts_with("HTTP/1.1 200 ") ? 1 : 0;
        full += answer.starts_with("HTTP/1.1 503 ") ? 1 : 0;
    }
    EXPECT_EQ(served, 600U);
    EXPECT_GE(full, 300U);  // a reset may overtake the answer of one or the other
}

TEST(HttpServerTest, StopInterruptsWhatDoesNotEnd) {
    std::atomic<bool> inside{false};
    std::atomic<Code> ended{Code::corrupt};
    Running running = run([&](HttpExchange& exchange) {
        inside = true;
        const auto body = exchange.whole_body(100);
        if (!body) ended = body.error().code;
    });
    SocketStream stream(connect_loopback(running.port));
    ASSERT_TRUE(
        stream.write_all(base::bytes_of("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n"))
            .ok());
    while (!inside) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    const auto begun = std::chrono::steady_clock::now();
    running.server->stop(os::Deadline::after_ms(100));
    EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds(4));
    EXPECT_EQ(ended.load(), Code::cancelled);
}

TEST(HttpServerTest, SaysContinueAndAnswersHeadWithoutABody) {
    const Running running = run(&echo);
    const std::string answer =
        talk(running.port,
             "POST /c HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\nok"
             "HEAD /h HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n")) << answer;
    EXPECT_NE(answer.find("/cok"), std::string::npos);
    EXPECT_TRUE(answer.ends_with("\r\n\r\n"));
}

TEST(HttpServerTest, AHeadThatWaitsForItsBodyComesWithItOrAtTheEnd) {
    const Running running = run([](HttpExchange& exchange) {
        ASSERT_TRUE(exchange.whole_body(100).ok());
        const std::string& target = exchange.request().target;
        const bool chunked = target == "/chunked";
        const std::size_t size = target == "/large" ? 100'000 : 5;
        const std::string body = target == "/empty" ? "" : std::string(size, 'x');
        const auto length = chunked ? std::nullopt : std::optional<std::uint64_t>(body.size());
        ASSERT_TRUE(exchange.begin_with_body({}, length).ok());
        ASSERT_TRUE(exchange.write(body).ok());
        ASSERT_TRUE(exchange.finish().ok());
    });
    HttpClient client = client_of(running);
    for (const char* target : {"/small", "/empty", "/large", "/chunked", "/small"}) {
        const RequestHead head{"POST", target, 1, {{"Host", "x"}}};
        ASSERT_TRUE(client.begin(head, 4, {}, HttpClient::HeadGoes::with_body).ok());
        ASSERT_TRUE(client.send_body(base::bytes_of("body")).ok());
        ASSERT_TRUE(client.end_body().ok());
        ASSERT_TRUE(client.receive(1'000'000).ok()) << target;
        const std::size_t wanted = std::string_view(target) == "/empty"   ? 0
                                   : std::string_view(target) == "/large" ? 100'000
                                                                          : 5;
        EXPECT_EQ(client.whole_body()->size(), wanted) << target;
        ASSERT_TRUE(client.reusable());
    }
    const RequestHead get{"GET", "/small", 1, {{"Host", "x"}}};
    ASSERT_TRUE(client.begin(get, 0, {}, HttpClient::HeadGoes::with_body).ok());
    ASSERT_TRUE(client.end_body().ok());
    EXPECT_EQ(client.receive(1000)->status, 200);
}

TEST(HttpServerTest, AServiceThatSaysNothingIsA500) {
    const Running running = run([](HttpExchange&) {});
    EXPECT_TRUE(talk(running.port, "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
                    .starts_with("HTTP/1.1 500 "));
}

TEST(HttpClientTest, PeerThatClosesInMidBodyIsAnError) {
    const Running running = run([](HttpExchange& exchange) {
        CHECK(exchange.begin({}, 1000).ok());
        static_cast<void>(exchange.write("only this"));
    });
    HttpClient client = client_of(running);
    ASSERT_TRUE(client.send({"GET", "/", 1, {{"Host", "x"}}}).ok());
    ASSERT_TRUE(client.receive(10'000).ok());
    const auto body = client.whole_body();
    ASSERT_FALSE(body.ok());
    EXPECT_EQ(body.error().code, Code::io);
}

TEST(HttpClientTest, AReadIsInterruptedByTheWakeUp) {
    const Running running = run([](HttpExchange& exchange) {
        std::this_thread::sleep_for(std::chrono::milliseconds(3000));
        static_cast<void>(exchange.answer(200, "text/plain", "late"));
    });
    const auto wake_up = os::WakeUp::make();
    HttpClient client = client_of(running);
    client.stream().set_wake_up(&*wake_up);
    ASSERT_TRUE(client.send({"GET", "/", 1, {{"Host", "x"}}}).ok());
    std::thread raiser([&] {
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
        wake_up->raise();
    });
    const auto begun = std::chrono::steady_clock::now();
    const auto head = client.receive(1000);
    raiser.join();
    ASSERT_FALSE(head.ok());
    EXPECT_EQ(head.error().code, Code::cancelled);
    EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::milliseconds(2500));
}

TEST(StreamTest, ABusyPeerDoesNotHideTheWakeUp) {
    auto pair = os::stream_pair();
    ASSERT_TRUE(pair.ok());
    const auto wake_up = os::WakeUp::make();
    SocketStream reader(std::move(pair->first));
    SocketStream writer(std::move(pair->second));
    ASSERT_TRUE(writer.write_all(base::bytes_of(std::string(1000, 'x'))).ok());
    wake_up->raise();
    reader.set_wake_up(&*wake_up);
    std::uint8_t byte[1];
    int reads = 0;
    while (reader.read_some(byte).ok()) ++reads;
    EXPECT_LT(reads, 16);
}

}  // namespace
}  // namespace hs::net
