#include "insight/drift_settings.h"

#include <fmt/format.h>

#include "policy/canonical_time.h"

namespace hs::insight {

using base::Code;
using base::fail;
using base::Result;

namespace {

constexpr std::int64_t day_ms = 24 * 3'600'000;
constexpr std::size_t date_characters = 10;

// "uid 1000 2026-12-31": the person, a space, the day.
Result<std::pair<std::string, base::WallTime_ms>> leaver_of(const std::string& text) {
    const std::size_t at = text.rfind(' ');
    if (at != std::string::npos && text.size() - at - 1 == date_characters && at > 0) {
        const auto time_ms = policy::parse_time(text.substr(at + 1));
        if (time_ms) return std::pair{text.substr(0, at), *time_ms};
    }
    return fail(Code::invalid_input,
                fmt::format("drift.leaving: \"{}\" is no person with a day; write \"uid 1000 "
                            "2026-12-31\"",
                            text));
}

}  // namespace

Result<DriftSettings> drift_settings(const gate::Settings& settings) {
    DriftSettings made;
    made.learn_days = settings.integer("drift.learn_days");
    made.window_days = settings.integer("drift.window_days");
    made.volume_factor = settings.integer("drift.volume_factor");
    made.volume_floor = settings.integer("drift.volume_floor");
    made.leave_days = settings.integer("drift.leave_days");
    made.utc_offset_minutes = settings.integer("drift.utc_offset_minutes");
    // A personal space has no destination that would be foreign to it.
    if (settings.text("space.name") != "personal") {
        made.personal_hosts = settings.texts("drift.personal_hosts");
    }
    for (const std::string& text : settings.texts("drift.leaving")) {
        made.leaving.insert(TRY(leaver_of(text)));
    }
    return made;
}

std::vector<Finding> managed_drift(const gate::Settings& settings, const gate::Settings& managed,
                                   base::WallTime_ms now_ms) {
    std::vector<Finding> found;
    for (const auto& [key, wanted] : managed.all()) {
        if (wanted.source == "default") continue;
        const gate::SettingValue* held = settings.find(key);
        const std::string is = held != nullptr ? wire::canonical_json(held->value) : "not set";
        const std::string should = wire::canonical_json(wanted.value);
        if (is == should) continue;
        Finding finding;
        finding.kind = "managed";
        finding.weight = Weight::medium;
        finding.subject = "configuration";
        finding.value = key;
        finding.text = fmt::format("{} is {}, and the managed state says {}", key, is, should);
        finding.day_ms = now_ms - now_ms % day_ms;
        found.push_back(std::move(finding));
    }
    return found;
}

}  // namespace hs::insight
