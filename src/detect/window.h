// Window: one stretch of text, scanned by all detectors, with what it wraps in encodings.
// Threads: a Window belongs to one thread.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "detect/byte_masks.h"
#include "detect/catalogue.h"
#include "detect/report.h"

namespace hs::detect {

// Bytes that may still be decoded: what is wrapped many times over does not multiply the work.
struct DecodeBudget {
    std::uint64_t bytes = 1 << 20;
    bool take(std::size_t wanted) {
        if (wanted > bytes) return false;
        bytes -= wanted;
        return true;
    }
};

class Window {
  public:
    static constexpr unsigned depth_max = 3;
    static constexpr std::size_t carrier_bytes_max = 65'536;

    Window(std::string_view text, const Wanted& wanted, unsigned depth, DecodeBudget& budget)
        : text_(text), wanted_(wanted), depth_(depth), budget_(budget) {}

    // Reports what begins in [from, to).
    void scan(std::size_t from, std::size_t to, Report& report);

  private:
    static constexpr std::size_t words = 64;  // of 64 bytes, scanned at a time

    void fill(std::size_t from);
    void scan_block(std::size_t from, std::size_t to, Report& report);
    void look_digits(std::size_t base, std::size_t word, Report& report);
    void look_signs(std::size_t base, std::size_t word, Report& report);
    void look_runs(std::size_t base, std::size_t word, Report& report);
    void look_run(std::size_t at, Report& report);
    void look_bot_token(std::size_t begin, std::size_t end, Report& report);
    void look_percent(std::size_t at, Report& report);
    void look_escape(std::size_t at, Report& report);
    std::size_t past_run(std::size_t at) const;
    // Scans what was decoded; its findings get the carrier's span.
    void scan_inside(std::string_view decoded, std::size_t begin, std::size_t end,
                     const char* encoding, Report& report);

    std::string_view text_;
    Wanted wanted_;
    unsigned depth_;
    DecodeBudget& budget_;
    std::array<ByteMasks, words + 1> masks_{};
    std::size_t numbers_done_ = 0;
    std::size_t addresses_done_ = 0;
    std::size_t colons_done_ = 0;
    std::size_t hidden_done_ = 0;
    std::size_t run_done_ = 0;
    std::size_t escapes_done_ = 0;
    bool run_before_ = false;  // a run of base64 goes on from the word before
};

}  // namespace hs::detect
