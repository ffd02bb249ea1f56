// Outlet: the way out of one sandbox: its listeners, the thread that hears them, and a bounded
// number of connections.
//
// What it does not protect from: see egress/outlet_connection.h.
// Threads: open(), cut() and close() from any thread; one thread listens, one a connection.
#pragma once

#include <thread>

#include "egress/outlet_connection.h"
#include "net/crew.h"

namespace hs::egress {

class Outlet {
  public:
    // listeners: in the order of os::outlets.
    static base::Result<std::unique_ptr<Outlet>> open(gate::SandboxOrder order,
                                                      std::shared_ptr<net::Authority> authority,
                                                      std::vector<os::Fd> listeners,
                                                      const OutletParts& parts);
    // Ends every connection and waits for them.
    ~Outlet();
    Outlet(const Outlet&) = delete;
    Outlet& operator=(const Outlet&) = delete;

    // Ends what runs and forgets what was decided; what comes next is decided anew.
    void cut();
    const std::string& sandbox() const { return network_.order.sandbox; }

  private:
    Outlet(gate::SandboxOrder order, std::shared_ptr<net::Authority> authority,
           std::vector<os::Fd> listeners, const OutletParts& parts, os::WakeUp closing);
    void listen();
    void answer_names(const os::Fd& socket);
    void accept(os::OutletKind kind, const os::Fd& listener);
    // One record a second at most for those that found no room.
    void turn_away();
    void tell_turned_away();

    SandboxNetwork network_;
    std::vector<os::Fd> listeners_;
    os::WakeUp closing_;
    // What stops the connections of now; replaced by cut().
    base::Guarded<std::shared_ptr<os::WakeUp>> epoch_;
    net::Crew crew_;
    // The listening thread's own.
    std::int64_t turned_away_ = 0;
    std::chrono::steady_clock::time_point told_;
    std::thread thread_;
};

}  // namespace hs::egress
