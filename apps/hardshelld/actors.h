// Actors: hardshelld's lines to launcher and egress, replaced together when the family is started
// anew. Whoever works on an old line keeps it until done; it answers io.
// Threads: all functions from any thread.
#pragma once

#include <memory>

#include "base/guarded.h"
#include "egress/client.h"
#include "os/channel.h"
#include "sandbox/launcher_client.h"

namespace hs::daemon {

class Actors {
  public:
    void replace(os::Fd egress, os::Fd launcher) {
        auto fresh = std::make_shared<Lines>(std::move(egress), std::move(launcher));
        lines_.with([&](auto& held) { held.swap(fresh); });
    }
    std::shared_ptr<egress::EgressClient> egress() const {
        const auto lines = lines_.with([](const auto& held) { return held; });
        return {lines, &lines->egress};
    }
    std::shared_ptr<sandbox::LauncherClient> launcher() const {
        const auto lines = lines_.with([](const auto& held) { return held; });
        return {lines, &lines->launcher};
    }

  private:
    struct Lines {
        Lines(os::Fd egress_fd, os::Fd launcher_fd)
            : channel(std::move(egress_fd)), egress(channel), launcher(std::move(launcher_fd)) {}
        os::Channel channel;
        egress::EgressClient egress;
        sandbox::LauncherClient launcher;
    };
    base::Guarded<std::shared_ptr<Lines>> lines_;
};

}  // namespace hs::daemon
