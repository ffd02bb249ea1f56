// PersonRecords: what a person puts on record about incidents, reviews and leavers.
//
// What it is for: the log is the only place where these are kept; each entry is durable and in a
// signed checkpoint before whoever wrote it goes on.
// What it does not protect from: what a person writes that is not so. Threads: the keeper's one.
#pragma once

#include "audit/log.h"
#include "gate/keeper.h"

namespace hs::keeping {

struct RecordingParts {
    const base::Clock& clock;
    base::Random& random;
    audit::Log& log;
};
// incident.record, review.record, leaver.record: {id?, outcome, reason, detail?} → {id, index}.
// Without an id it is the first entry, and gets one. The desk's parts must outlive the keeper.
void add_person_records(gate::Keeper& keeper, const RecordingParts& parts);

}  // namespace hs::keeping
