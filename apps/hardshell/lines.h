// Lines: the CLI's two lines: HTTP to hardshelld over its unix socket, and frames to the keeper,
// over which approvals are answered and secrets set, past hardshelld.
//
// What it does not protect from: another program of the same user that uses the same sockets.
// Threads: one thread.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/result.h"
#include "control/places.h"
#include "net/http_client.h"
#include "os/channel.h"
#include "wire/json.h"

namespace hs::cli {

enum class Start : std::uint8_t { no, yes };

// Starts hardshelld in the background and waits until it is ready.
base::Result<> start_daemon(const control::Places& places);

class DaemonLine {
  public:
    // not_found with the way to start it when no daemon runs and start is no.
    static base::Result<DaemonLine> open(const control::Places& places, Start start);

    // One request; an error answer becomes an Error with the daemon's own sentence.
    base::Result<wire::Json> request(const std::string& method, const std::string& target,
                                     const wire::Json& body = {});
    // A turn: each event as it comes. Returns at the stream's end; cancelled when the wake-up is
    // raised, and then the daemon cancels the turn, because its listener is gone.
    using OnEvent = std::function<base::Result<>(const std::string& kind, const wire::Json& data)>;
    base::Result<> turn(const wire::Json& body, const OnEvent& on_event, const os::WakeUp* cancel);

  private:
    explicit DaemonLine(std::string socket) : socket_(std::move(socket)) {}
    base::Result<std::unique_ptr<net::HttpClient>> connect() const;
    std::string socket_;
};

class KeeperLine {
  public:
    static base::Result<KeeperLine> open(const control::Places& places);
    base::Result<wire::Json> question(std::string_view verb, wire::Json arguments);

  private:
    explicit KeeperLine(os::Fd socket)
        : channel_(std::make_unique<os::Channel>(std::move(socket))) {}
    std::unique_ptr<os::Channel> channel_;
    std::uint64_t next_id_ = 1;
};

}  // namespace hs::cli
