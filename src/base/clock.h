// Clock and Random: the two seams through which time and chance enter. Rooms take them by
// reference; apps hand in the real ones of `os`, tests the scripted ones of this header.
//
// What it does not protect from: a wall clock that jumps. Durations are measured on the steady
// clock only; wall time is for records and for policy.
// Threads: implementations are safe from any thread.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <span>
#include <string>

namespace hs::base {

using WallTime_ms = std::int64_t;  // milliseconds since 1970-01-01T00:00:00Z

class Clock {
  public:
    virtual ~Clock() = default;
    virtual WallTime_ms wall_ms() const = 0;
    virtual std::chrono::steady_clock::time_point steady() const = 0;
};

class Random {
  public:
    virtual ~Random() = default;
    // Fills with bytes that an attacker cannot foresee.
    virtual void fill(std::span<std::uint8_t> out) = 0;
};

// A clock that stands still until it is told to move.
class ScriptedClock : public Clock {
  public:
    explicit ScriptedClock(WallTime_ms start_ms) : wall_ms_(start_ms) {}
    WallTime_ms wall_ms() const override { return wall_ms_; }
    std::chrono::steady_clock::time_point steady() const override {
        return std::chrono::steady_clock::time_point(std::chrono::milliseconds(wall_ms_));
    }
    void advance_ms(std::int64_t by_ms) { wall_ms_ += by_ms; }

  private:
    std::atomic<WallTime_ms> wall_ms_;
};

// Bytes that repeat from run to run (splitmix64): for tests only, never for keys.
class ScriptedRandom : public Random {
  public:
    explicit ScriptedRandom(std::uint64_t seed) : state_(seed) {}
    void fill(std::span<std::uint8_t> out) override {
        for (auto& byte : out) byte = static_cast<std::uint8_t>(next());
    }
    std::uint64_t next() {
        std::uint64_t z = (state_ += 0x9e3779b97f4a7c15ULL);
        z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9ULL;
        z = (z ^ (z >> 27U)) * 0x94d049bb133111ebULL;
        return z ^ (z >> 31U);
    }

  private:
    std::uint64_t state_;
};

// 26 characters that sort by time: 48 bits of milliseconds, 80 bits of chance, in Crockford's
// base 32 (the ULID layout).
std::string make_id(const Clock& clock, Random& random);

// RFC 3339 in UTC with milliseconds: 2026-11-22T09:00:00.000Z.
std::string format_time(WallTime_ms time_ms);

}  // namespace hs::base
