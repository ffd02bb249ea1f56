// Finding: something in the record that is not as usual, said so that a person can judge it.
//
// What it is for: one form for drift, the console, the SIEM and reviews. A finding explains itself:
// who, what, and against which usual.
// What it does not protect from: a finding is no proof of misuse, and its absence none of its
// contrary. Threads: values.
#pragma once

#include <string>
#include <vector>

#include "audit/event.h"
#include "base/clock.h"
#include "wire/json.h"

namespace hs::insight {

enum class Weight : std::uint8_t { low, medium, high };
std::string_view weight_name(Weight weight);

struct Finding {
    std::string kind;  // "first_use", "volume", "hours", "log_attempt", …
    Weight weight = Weight::low;
    std::string subject;                  // "person uid 1000", "agent main", "skill invoices"
    std::string value;                    // the tool, host, secret or measure
    std::string text;                     // one sentence
    base::WallTime_ms day_ms = 0;         // the day's beginning, in the person's time
    std::vector<std::uint64_t> evidence;  // records, at most evidence_max

    static constexpr std::size_t evidence_max = 20;
    // The same finding on the same day has the same key: it is recorded once.
    std::string key() const;
    audit::Event to_event() const;
    wire::Json to_json() const;
};

}  // namespace hs::insight
