// Listening: the way in of a channel whose platform delivers to us instead of being asked.
//
// What it is for: egress holds the listener and checks each request's signature; here it is kept
// open, and each request is answered once all that it holds is durable.
// What it does not protect from: what the requests say. Threads: listen_until() on the channel's
// own thread; the answers from any.
#pragma once

#include <functional>
#include <memory>
#include <mutex>

#include "base/guarded.h"
#include "channels/passage.h"
#include "channels/platform.h"

namespace hs::channels {

struct ListenTimes {
    std::int64_t retry_ms = 500;  // the first pause after a failure; it doubles
    std::int64_t retry_max_ms = 30'000;
};

// Tells once whether all of so many messages were kept; at once where there are none.
class AllKept {
  public:
    static std::function<void(const base::Result<>&)> of(std::size_t count,
                                                         std::function<void(bool)> told);
};

class Listening {
  public:
    // Takes what one request holds, and tells whether it was kept.
    using Take = std::function<void(const egress::Hook& hook, std::function<void(bool)> kept)>;

    Listening(Passage& passage, base::Guarded<Health>& health, const ListenTimes& times)
        : passage_(passage), health_(health), times_(times) {}

    // Waits a little for it to listen: a channel that was just set up is tested at once.
    static Health await_connected(const base::Guarded<Health>& health);
    void listen_until(const os::WakeUp& stop, Receiver& receiver, const Take& take);

  private:
    void set_state(const std::string& state, const std::string& problem = "");

    Passage& passage_;
    base::Guarded<Health>& health_;
    const ListenTimes times_;
};

}  // namespace hs::channels
