// Incident: what was recorded about one, read out of the log: it is nowhere else.
//
// What it is for: opened, steps of the playbook, notes, evidence, closed, each a record of its own
// with who and when; the same from any copy of the log.
// What it does not protect from: an incident that nobody opens. Threads: values, pure over the log.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "audit/read.h"

namespace hs::insight {

struct IncidentEntry {
    std::uint64_t index = 0;
    base::WallTime_ms time_ms = 0;
    std::string what;  // "opened", "note", "step", "evidence", "learned", "closed"
    std::string person;
    std::string text;
    std::string step;   // of a step: its name in the playbook
    std::string state;  // of a step: "done" or "skipped"
    std::string about;  // of the opening: "session=01…"
    std::string playbook;

    wire::Json to_json() const;
};

struct Incident {
    std::string id;
    std::vector<IncidentEntry> entries;  // the first is the opening

    bool is_open() const;
    const IncidentEntry& opening() const { return entries.front(); }
    // What became of a step: "done", "skipped", or empty.
    std::string state_of(std::string_view step) const;
    wire::Json to_json() const;
};

// All of the log, the oldest first.
base::Result<std::vector<Incident>> read_incidents(audit::Reader& reader);
// not_found names the way to see which there are; "last" is the newest that is open.
base::Result<Incident> find_incident(audit::Reader& reader, const std::string& id);

}  // namespace hs::insight
