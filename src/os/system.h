// The real Clock and Random. Threads: safe from any thread.
#pragma once

#include "base/clock.h"

namespace hs::os {

class SystemClock : public base::Clock {
  public:
    base::WallTime_ms wall_ms() const override;
    std::chrono::steady_clock::time_point steady() const override;
};

// getrandom(2). Aborts if the kernel has no randomness to give: nothing may go on without it.
class SystemRandom : public base::Random {
  public:
    void fill(std::span<std::uint8_t> out) override;
};

}  // namespace hs::os
