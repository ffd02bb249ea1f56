// Resolver: host names to addresses, with a deadline and cancellation.
//
// What it does not protect from: a name server that lies or answers differently the second time.
// The caller checks every address and dials one of those that it checked.
// Threads: resolve() from any thread.
#pragma once

#include <string>
#include <vector>

#include "base/guarded.h"
#include "net/address.h"
#include "os/wait.h"

namespace hs::net {

class Resolver {
  public:
    static constexpr std::size_t addresses_max = 16;
    static constexpr std::size_t texts_max = 16;

    virtual ~Resolver() = default;
    // At least one address, in the order of preference (RFC 6724), for a canonical_host().
    // not_found when the name has none; timed_out; cancelled; io when no name server answers.
    virtual base::Result<std::vector<Address>> resolve(const std::string& host,
                                                       os::Deadline deadline,
                                                       const os::WakeUp* wake_up) = 0;
    // The TXT records of a name, the strings of each joined; at most texts_max. The same errors.
    // Names may have underscores here (RFC 8552).
    virtual base::Result<std::vector<std::string>> texts(const std::string& name,
                                                         os::Deadline deadline,
                                                         const os::WakeUp* wake_up) = 0;
    // Asks these from now on: comma-separated "address" or "address:port"; empty for the system's.
    // Where the list is malformed every lookup fails and says so.
    virtual void use_servers(const std::string&) {}
};

// The system's name servers and hosts file, asked through c-ares.
class SystemResolver : public Resolver {
  public:
    // servers: as of use_servers().
    explicit SystemResolver(std::string servers = "") : servers_(std::move(servers)) {}
    void use_servers(const std::string& servers) override {
        servers_.with([&](std::string& held) { held = servers; });
    }
    base::Result<std::vector<Address>> resolve(const std::string& host, os::Deadline deadline,
                                               const os::WakeUp* wake_up) override;
    base::Result<std::vector<std::string>> texts(const std::string& name, os::Deadline deadline,
                                                 const os::WakeUp* wake_up) override;

  private:
    std::string servers() const {
        return servers_.with([](const std::string& held) { return held; });
    }
    base::Guarded<std::string> servers_;
};

}  // namespace hs::net
