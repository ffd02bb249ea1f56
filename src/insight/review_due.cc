#include "insight/review_due.h"

#include <fmt/format.h>

namespace hs::insight {

using base::Result;

namespace {

constexpr std::int64_t day_ms = 24 * 3'600'000;
constexpr std::size_t date_characters = 10;

}  // namespace

Result<std::optional<Finding>> review_due(audit::Reader& reader, std::int64_t every_days,
                                          base::WallTime_ms now_ms) {
    audit::EventQuery query;
    query.kinds = {audit::EventKind::review};
    query.matches = {{audit::Field::outcome, "attested"}};
    const auto attested = TRY(reader.search(query, 1));
    if (attested.empty() && reader.size() == 0) return std::optional<Finding>();
    const auto record = attested.empty() ? TRY(reader.record(0)) : attested.front();
    const auto event = TRY(audit::parse_event(record.leaf));
    const base::WallTime_ms due_ms = event.time_ms + every_days * day_ms;
    if (now_ms < due_ms) return std::optional<Finding>();
    Finding finding;
    finding.kind = "review_due";
    finding.weight = Weight::medium;
    finding.subject = "configuration";
    finding.value = "review";
    finding.text = fmt::format(
        "the regular review is due since {}; {}: hardshell review show",
        base::format_time(due_ms).substr(0, date_characters),
        attested.empty() ? "none was ever attested"
                         : "the last was attested on " +
                               base::format_time(event.time_ms).substr(0, date_characters));
    finding.day_ms = due_ms - due_ms % day_ms;
    finding.evidence = {record.index};
    return std::optional(std::move(finding));
}

}  // namespace hs::insight
