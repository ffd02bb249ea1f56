// Outlet: the way out that a sink is given. The keeper makes it from permits and egress; this room
// can reach nothing by itself.
//
// What it does not protect from: what the receiver does with what it gets.
// Threads: every method from any thread; a Line belongs to one thread.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "os/wait.h"
#include "ship/fault.h"

namespace hs::ship {

struct HttpCall {
    std::string sink;  // whose envelope: host, credential and certificate come from its setting
    std::string method = "POST";
    std::string target;
    std::vector<std::pair<std::string, std::string>> headers;
    std::string body;
};
struct HttpReply {
    int status = 0;
    std::string body;  // at most reply_bytes_max
    std::optional<std::int64_t> retry_after_ms;
};
constexpr std::size_t reply_bytes_max = std::size_t{64} << 10U;

// One way: bytes go out, nothing that the receiver says comes in.
class Line {
  public:
    virtual ~Line() = default;
    // All of it, or a failure: then nobody knows how much arrived.
    virtual base::Result<> write(base::ByteView bytes, os::Deadline deadline,
                                 const os::WakeUp& stop) = 0;
    // Why the line has ended, if it has.
    virtual std::optional<std::string> ended() = 0;
    // The same, waiting until the deadline for an end that is on its way. Returns early when
    // stopped.
    virtual std::optional<std::string> ended_by(os::Deadline deadline, const os::WakeUp& stop) = 0;
};

class Outlet {
  public:
    virtual ~Outlet() = default;
    // A failure sets `why`.
    virtual base::Result<HttpReply> send(const HttpCall& call, os::Deadline deadline,
                                         const os::WakeUp& stop, Fault& why) = 0;
    // A TLS connection to the sink's place. A failure sets `why`.
    virtual base::Result<std::unique_ptr<Line>> connect(const std::string& sink,
                                                        os::Deadline deadline,
                                                        const os::WakeUp& stop, Fault& why) = 0;
};

}  // namespace hs::ship
