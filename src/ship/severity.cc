#include "ship/severity.h"

#include <array>

namespace hs::ship {

using audit::EventKind;
using audit::Field;

namespace {

constexpr std::array<std::string_view, 6> names = {"",       "informational", "low",
                                                   "medium", "high",          "critical"};

Severity of_decision(const std::string& outcome) {
    if (outcome == "deny") return Severity::medium;
    return outcome == "ask" ? Severity::low : Severity::informational;
}

// Findings and incidents carry their own.
Severity stated(const audit::RecordedEvent& event, Severity otherwise) {
    const wire::Json* detail = event.json.find("detail");
    const wire::Json* member = detail != nullptr ? detail->find("severity") : nullptr;
    if (member == nullptr || member->text() == nullptr) return otherwise;
    return parse_severity(*member->text()).value_or(otherwise);
}

}  // namespace

std::string_view severity_name(Severity severity) {
    return names[static_cast<std::size_t>(severity)];
}

std::optional<Severity> parse_severity(std::string_view name) {
    for (std::size_t i = 1; i < names.size(); ++i) {
        if (names[i] == name) return static_cast<Severity>(i);
    }
    return std::nullopt;
}

Severity severity_of(const audit::RecordedEvent& event) {
    const std::string outcome = event.text(Field::outcome);
    switch (event.kind) {
        case EventKind::decision:
            return of_decision(outcome);
        case EventKind::finding:
            return stated(event, Severity::medium);
        case EventKind::incident:
            return stated(event, Severity::high);
        case EventKind::lockdown:
        case EventKind::log_fork:
            return Severity::high;
        case EventKind::clock_jump:
        case EventKind::process_crash:
            return Severity::medium;
        case EventKind::secret_use:
            return outcome == "refused" ? Severity::medium : Severity::informational;
        case EventKind::sign_in:
            return outcome == "refused" ? Severity::medium : Severity::informational;
        case EventKind::ship:
        case EventKind::witness:
            return stated(event, Severity::informational);
        case EventKind::config_change:
        case EventKind::policy_change:
        case EventKind::skill_change:
        case EventKind::permit_revoked:
        case EventKind::approval_requested:
        case EventKind::approval_answered:
        case EventKind::leaver:
            return Severity::low;
        case EventKind::message_in:
        case EventKind::message_out:
        case EventKind::model_call:
        case EventKind::tool_call:
        case EventKind::effect_ended:
        case EventKind::connection:
        case EventKind::memory_write:
        case EventKind::process_start:
        case EventKind::process_stop:
        case EventKind::log_read:
        case EventKind::epoch_begun:
        case EventKind::doctor:
        case EventKind::review:
            return Severity::informational;
    }
    return Severity::informational;
}

}  // namespace hs::ship
