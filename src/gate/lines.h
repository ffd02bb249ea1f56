// Lines: where answers to hardshelld go: the sockets that it has opened beside the channel, one
// for each of its callers that waits.
//
// They hold from the keeper's start on, before its key is open and after.
// Threads: one thread.
#pragma once

#include <cstdint>
#include <map>
#include <memory>

#include "base/result.h"
#include "gate/keeper.h"
#include "os/channel.h"

namespace hs::gate {

class Lines {
  public:
    // The same sender, with the channel to which the answer to this frame belongs.
    Sender answered_at(const Sender& from, const os::Frame& frame) const;
    // True when the frame opened or ended a line, so that nobody else takes it; denied for a line
    // that may not be.
    base::Result<bool> take(const Sender& from, os::Frame& frame);

  private:
    std::map<std::uint64_t, std::shared_ptr<os::Channel>> lines_;  // by number
};

}  // namespace hs::gate
