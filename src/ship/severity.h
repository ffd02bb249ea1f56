// Severity: how much an event matters to those who watch, from the event alone.
// Threads: values and pure functions.
#pragma once

#include <optional>
#include <string_view>

#include "audit/facts.h"

namespace hs::ship {

// The numbers are OCSF's severity_id.
enum class Severity : std::uint8_t {
    informational = 1,
    low = 2,
    medium = 3,
    high = 4,
    critical = 5,
};
std::string_view severity_name(Severity severity);
std::optional<Severity> parse_severity(std::string_view name);

Severity severity_of(const audit::RecordedEvent& event);

}  // namespace hs::ship
