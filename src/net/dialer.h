// Dialer: how a room gets a connection. `net` never dials; only `egress` makes Dialers, so code
// that was handed none cannot reach the network.
// Threads: an implementation says; callers assume one thread at a time.
#pragma once

#include <memory>
#include <string>

#include "net/stream.h"

namespace hs::net {

struct Endpoint {
    std::string host;  // canonical_host() or an address in text form
    std::uint16_t port = 0;
    enum class Security : std::uint8_t { plain, tls } security = Security::tls;
    bool operator==(const Endpoint&) const = default;
};

class Dialer {
  public:
    virtual ~Dialer() = default;
    // A connected stream (after the TLS handshake where asked for) by the deadline.
    virtual base::Result<std::unique_ptr<Stream>> dial(const Endpoint& endpoint,
                                                       os::Deadline deadline,
                                                       const os::WakeUp* wake_up) = 0;
};

}  // namespace hs::net
