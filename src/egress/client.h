// EgressClient: hardshelld's end of its line to egress: opens streams and keeps idle ones.
//
// What it is for: the only way for hardshelld to reach the network, and only for what its permit's
// Envelope says; egress checks that, not this class.
// What it does not protect from: nothing is decided here.
// Threads: every method from any thread.
#pragma once

#include <list>

#include "base/guarded.h"
#include "net/http_client.h"
#include "os/channel.h"

namespace hs::egress {

class EgressClient {
  public:
    static constexpr std::size_t idle_max = 32;
    // Below the time after which egress closes a resting stream.
    static constexpr std::int64_t idle_ms = 45'000;

    // The channel must outlive the client.
    explicit EgressClient(os::Channel& channel) : channel_(channel) {}

    // A fresh stream to egress. cancelled when egress is gone.
    base::Result<std::unique_ptr<net::Stream>> open();
    // The socket of a stream of messages under that permit field (egress/messages.h).
    base::Result<os::Fd> open_messages(const std::string& permit_field);
    // An idle HTTP connection to egress, or a fresh one.
    base::Result<std::unique_ptr<net::HttpClient>> acquire();
    // Keeps it if it can take another request.
    void release(std::unique_ptr<net::HttpClient> client);
    // Closes what is idle: after egress was started anew.
    void close_idle();

  private:
    struct Idle {
        std::unique_ptr<net::HttpClient> client;
        os::Deadline until;
    };
    os::Channel& channel_;
    base::Guarded<std::list<Idle>> idle_;
};

}  // namespace hs::egress
