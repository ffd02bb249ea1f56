// Sealed: what hardshelld answers while the lockdown is on: that it is, and nothing else.
//
// What it is for: hardshelld then holds no session, no assistant and no key; a client still learns
// why, and a person can see the status and stop the daemon.
// What it does not protect from: nothing is left here to protect. Lifting is the keeper's.
// Threads: handle() from many threads at once.
#pragma once

#include <functional>

#include "gate/gate.h"
#include "net/http_server.h"

namespace hs::control {

class Sealed {
  public:
    struct Parts {
        gate::Gate& gate;
        std::function<wire::Json()> processes;  // for status
        std::function<void()> stop;             // begins the clean stop
    };
    explicit Sealed(Parts parts) : parts_(std::move(parts)) {}

    void handle(net::HttpExchange& exchange);

  private:
    base::Result<wire::Json> status();
    base::Result<> refuse(net::HttpExchange& exchange);

    Parts parts_;
};

}  // namespace hs::control
