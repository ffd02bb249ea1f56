#include "detect/report.h"

#include <algorithm>

namespace hs::detect {

std::vector<Span> Report::settle() {
    std::sort(spans_.begin(), spans_.end(), [](const Span& one, const Span& other) {
        if (one.begin != other.begin) return one.begin < other.begin;
        if (one.end != other.end) return one.end > other.end;
        return one.confidence > other.confidence;
    });
    std::vector<Span> settled;
    for (const Span& span : spans_) {
        if (!settled.empty() && span.begin < settled.back().end) {
            Span& held = settled.back();
            const bool surer = span.confidence > held.confidence &&
                               (span.within[0] == '\0' || held.within[0] != '\0');
            if (surer) held = span;
            continue;
        }
        settled.push_back(span);
    }
    spans_.clear();
    return settled;
}

}  // namespace hs::detect
