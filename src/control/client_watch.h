// ClientWatch: sees that a client has gone away while the thread that serves it is busy with the
// client's turn, and cancels that turn.
//
// What it does not protect from: a client that stays connected and never reads.
// Threads: all functions from any thread; one thread of its own, made with the first client.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <list>
#include <mutex>
#include <thread>

#include "os/wait.h"

namespace hs::control {

class ClientWatch {
  public:
    // A client that has gone is seen within this time.
    static constexpr std::int64_t period_ms = 500;

    ClientWatch() = default;
    ~ClientWatch();
    ClientWatch(const ClientWatch&) = delete;
    ClientWatch& operator=(const ClientWatch&) = delete;

    // Watches a client's socket while it lives. Both outlive it.
    class Watched {
      public:
        Watched(ClientWatch& watch, int descriptor, const os::WakeUp& cancel);
        ~Watched() { end(); }
        Watched(const Watched&) = delete;
        Watched& operator=(const Watched&) = delete;
        // The client has its answer: from now on it may go.
        void end();

      private:
        ClientWatch& watch_;
        const os::WakeUp& cancel_;
        bool ended_ = false;
    };

  private:
    struct Client {
        int descriptor;
        const os::WakeUp* cancel;
    };
    void run();
    void look() const;

    std::mutex mutex_;  // guards all below
    std::condition_variable came_;
    std::list<Client> clients_;
    bool asleep_ = false;
    bool stopping_ = false;
    std::thread thread_;
};

}  // namespace hs::control
