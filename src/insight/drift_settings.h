// DriftSettings: what counts as unusual, from the configuration.
// What it does not protect from: thresholds that a person sets so that nothing is found; the
// change of the setting is in the record. Threads: values.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "gate/settings.h"
#include "insight/finding.h"

namespace hs::insight {

struct DriftSettings {
    std::int64_t learn_days = 10;  // days of activity before a baseline speaks
    std::int64_t window_days = 90;
    std::int64_t volume_factor = 8;  // times the usual
    std::int64_t volume_floor = 60;  // of what is counted; a MiB of bytes for each
    std::int64_t leave_days = 30;    // before a leave date
    std::int64_t utc_offset_minutes = 0;
    std::vector<std::string> personal_hosts;           // suffixes
    std::map<std::string, base::WallTime_ms> leaving;  // person and day
};
// invalid_input names the entry of drift.leaving that is none.
base::Result<DriftSettings> drift_settings(const gate::Settings& settings);

// What the organisation manages and this machine has otherwise: every key that `managed` sets (its
// managed.toml) against the settings in force.
std::vector<Finding> managed_drift(const gate::Settings& settings, const gate::Settings& managed,
                                   base::WallTime_ms now_ms);

}  // namespace hs::insight
