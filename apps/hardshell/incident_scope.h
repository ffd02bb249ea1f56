// What the commands of incidents, reviews and exits share: the incident that is meant, an entry in
// the record, and bundles that verify without Hardshell.
// Threads: one thread.
#pragma once

#include <map>

#include "hardshell/commands.h"
#include "insight/blast_radius.h"
#include "insight/incident.h"

namespace hs::cli {

// Empty or "last": the newest that is open.
base::Result<insight::Incident> incident_named(const Desk& desk, const std::string& id);
// incident.record, review.record or leaver.record of the keeper.
base::Result<wire::Json> record_entry(const Desk& desk, std::string_view verb,
                                      wire::Json arguments);

// A folder with the files, a copy of the log, its keys and the scripts that verify it; its
// manifest's digest is recorded under `verb`, and the proof of that record seals it.
struct Bundle {
    std::string folder;  // must not exist or be empty
    std::string verb;
    std::string id;
    std::string outcome;
    std::string reason;
    std::map<std::string, std::string> files;  // by name
    bool with_log = true;
};
base::Result<> write_bundle(const Desk& desk, const Bundle& bundle);

// The rules that would have stopped what the subject did, as Cedar text.
std::string propose_rules(const insight::About& about, const insight::BlastRadius& reached);
// What a set with these rules as well would have decided otherwise: {decisions, same, different,
// unreadable, list, changes}.
base::Result<wire::Json> decide_again_with(const Desk& desk, const std::string& cedar);

}  // namespace hs::cli
