// Resolver: host names to addresses, with a deadline and cancellation.
//
// What it does not protect from: a name server that lies or answers differently the second time.
// The caller checks every address and dials one of those that it checked.
// Threads: resolve() from any thread.
#pragma once

#include <string>
#include <vector>

#include "net/address.h"
#include "os/wait.h"

namespace hs::net {

class Resolver {
  public:
    static constexpr std::size_t addresses_max = 16;

    virtual ~Resolver() = default;
    // At least one address, in the order of preference (RFC 6724), for a canonical_host().
    // not_found when the name has none; timed_out; cancelled; io when no name server answers.
    virtual base::Result<std::vector<Address>> resolve(const std::string& host,
                                                       os::Deadline deadline,
                                                       const os::WakeUp* wake_up) = 0;
};

// The system's name servers and hosts file, asked through c-ares.
class SystemResolver : public Resolver {
  public:
    // servers: comma-separated "address:port" in place of the system's; empty for the system's.
    explicit SystemResolver(std::string servers = "") : servers_(std::move(servers)) {}
    base::Result<std::vector<Address>> resolve(const std::string& host, os::Deadline deadline,
                                               const os::WakeUp* wake_up) override;

  private:
    const std::string servers_;
};

}  // namespace hs::net
