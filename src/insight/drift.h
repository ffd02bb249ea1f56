// Drift: reads the record in its order and tells what departs from the usual, each day when it is
// over, and what is wrong on any day: attempts on the log, personal destinations, new accounts,
// definitions and policy that changed by themselves.
//
// What it does not protect from: see baseline.h; and a record that says nothing of an act.
// Threads: one thread.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "audit/read.h"
#include "insight/baseline.h"

namespace hs::insight {

class Drift {
  public:
    static constexpr std::size_t subjects_max = 10'000;
    static constexpr std::size_t findings_max = 100'000;

    explicit Drift(DriftSettings settings) : settings_(std::move(settings)) {}
    void add(std::uint64_t index, const audit::RecordedEvent& event);
    // Ends the present day as far as it has come, and hands over all findings, in time's order.
    std::vector<Finding> finish();

  private:
    struct Subject {
        Baseline baseline;
        Today today;
    };
    void end_day();
    void count(std::uint64_t index, const audit::EventFacts& facts);
    void look_at_once(std::uint64_t index, const audit::RecordedEvent& event,
                      const audit::EventFacts& facts);
    void look_for_log_attempt(std::uint64_t index, const audit::RecordedEvent& event,
                              const audit::EventFacts& facts);
    void look_for_personal(std::uint64_t index, const audit::EventFacts& facts);
    void look_for_account(std::uint64_t index, const audit::RecordedEvent& event,
                          const audit::EventFacts& facts);
    void look_for_policy(std::uint64_t index, const audit::RecordedEvent& event);
    void look_for_definition(std::uint64_t index, const audit::RecordedEvent& event);
    std::optional<std::int64_t> leaving(const std::string& person) const;
    void tell(Finding finding, std::uint64_t index);

    DriftSettings settings_;
    audit::Story story_;
    std::map<std::string, Subject> subjects_;
    std::vector<Finding> findings_;
    std::map<std::string, std::size_t> told_;  // key to its place in findings_, of the present day
    base::WallTime_ms day_ms_ = -1;
    base::WallTime_ms first_ms_ = -1;
    std::string policy_digest_;
    bool policy_changed_ = false;                     // on record, since that digest
    std::map<std::string, std::string> definitions_;  // of skills and MCP servers: digest
    std::map<std::string, std::set<std::string>> accounts_;
};

struct DriftReport {
    std::vector<Finding> found;      // in time's order
    std::set<std::string> recorded;  // keys of findings that the log has already
};
// Over the whole log; findings of days before from_ms are left out.
base::Result<DriftReport> find_drift(audit::Reader& reader, const DriftSettings& settings,
                                     base::WallTime_ms from_ms);

}  // namespace hs::insight
