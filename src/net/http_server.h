// HttpServer: HTTP/1.1 over unix sockets and loopback TCP, one thread a connection.
//
// What it is for: the API of hardshelld, the inside of egress, and test servers. Connections,
// heads, bodies and times are limited; a client beyond a limit gets the status that says so (400,
// 408, 413, 431, 503) and costs no more than one buffer. What it does not protect from: who asks.
// The service checks tokens, Host and Origin (net/origin.h) and peer credentials. Threads: every
// method from any thread; the service runs on many threads at once.
#pragma once

#include <functional>
#include <memory>

#include "net/http_exchange.h"

namespace hs::net {

struct ServerLimits {
    std::size_t connections_max = 512;
    HttpLimits http;
    HttpTimes times;
    std::int64_t thread_linger_ms = 10'000;
};

using HttpService = std::function<void(HttpExchange&)>;

class HttpServer {
  public:
    static base::Result<std::unique_ptr<HttpServer>> make(const ServerLimits& limits,
                                                          HttpService service);
    ~HttpServer();  // stops with no grace if stop() was not called
    HttpServer(const HttpServer&) = delete;
    HttpServer& operator=(const HttpServer&) = delete;

    // Accepts from a listening socket until stop().
    base::Result<> serve(os::Fd listener, Peer::Kind kind);
    // Serves a connected socket. exhausted when all connections are in use.
    base::Result<> adopt(os::Fd socket, const Peer& peer);
    // Closes the listeners and idle connections at once, lets exchanges end until the deadline,
    // then interrupts them and waits for their threads.
    void stop(os::Deadline grace);
    std::size_t connections() const;

  private:
    struct Shared;
    explicit HttpServer(std::unique_ptr<Shared> shared);
    std::unique_ptr<Shared> shared_;
};

}  // namespace hs::net
