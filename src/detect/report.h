// Report: what the detectors have found in one window of the text, before it is put into order.
// Threads: one thread.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "detect/finding.h"

namespace hs::detect {

struct Span {
    const char* kind = "";
    Family family = Family::secret;
    std::size_t begin = 0;  // in the window's text
    std::size_t end = 0;
    double confidence = 0;
    const char* within = "";
};

class Report {
  public:
    void add(const char* kind, Family family, std::size_t begin, std::size_t end,
             double confidence) {
        if (spans_.size() < spans_max) {
            spans_.push_back({kind, family, begin, end, confidence, ""});
        }
    }
    void add(const Span& span) {
        if (spans_.size() < spans_max) spans_.push_back(span);
    }
    // In the order of their place; of those that overlap the surest one stays.
    std::vector<Span> settle();

  private:
    static constexpr std::size_t spans_max = 100'000;
    std::vector<Span> spans_;
};

}  // namespace hs::detect
