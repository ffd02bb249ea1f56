#include "insight/finding.h"

#include <fmt/format.h>

#include <array>

namespace hs::insight {

namespace {

constexpr std::size_t day_characters = 10;  // of 2026-11-22T…
constexpr std::size_t key_value_bytes_max = 400;

}  // namespace

std::string_view weight_name(Weight weight) {
    constexpr std::array<std::string_view, 3> names = {"low", "medium", "high"};
    return names[static_cast<std::size_t>(weight)];
}

std::string Finding::key() const {
    return fmt::format("{} {} {} {}", base::format_time(day_ms).substr(0, day_characters), kind,
                       subject, value.substr(0, key_value_bytes_max));
}

audit::Event Finding::to_event() const {
    audit::Event event(audit::EventKind::finding);
    event.set(audit::Field::id, key()).set(audit::Field::reason, text);
    event.detail("finding", kind).detail("severity", weight_name(weight));
    event.detail("subject", subject).detail("value", value);
    if (subject.starts_with("person ")) event.set(audit::Field::person, subject.substr(7));
    if (subject.starts_with("agent ")) event.set(audit::Field::agent, subject.substr(6));
    wire::JsonArray indexes;
    for (const std::uint64_t index : evidence) {
        indexes.emplace_back(static_cast<std::int64_t>(index));
    }
    event.detail("evidence", std::move(indexes));
    return event;
}

wire::Json Finding::to_json() const {
    wire::JsonArray indexes;
    for (const std::uint64_t index : evidence) {
        indexes.emplace_back(static_cast<std::int64_t>(index));
    }
    return wire::JsonObject{{"key", key()},
                            {"kind", kind},
                            {"severity", weight_name(weight)},
                            {"subject", subject},
                            {"value", value},
                            {"text", text},
                            {"day", base::format_time(day_ms).substr(0, day_characters)},
                            {"evidence", std::move(indexes)}};
}

}  // namespace hs::insight
