// Recording: opening the keeper's log: a new one, the present one, or, after a witness has shown
// that the present one was restored or split, the one that a person's fork begins.
//
// What it does not protect from: a person who forks without asking why. The fork is the new log's
// first record, with the witness's evidence in it.
// Threads: called once at the start; note_conflict from any thread.
#pragma once

#include <memory>
#include <string>

#include "audit/log.h"
#include "ship/witness_client.h"

namespace hs::keeping {

struct RecordPlaces {
    std::string state;
    std::string audit() const { return state + "/audit"; }
    std::string conflict() const { return state + "/witness-conflict"; }
    std::string fork_request() const { return state + "/fork-request"; }
    std::string witness() const { return state + "/witness"; }
};

// Opens the log and writes its verifier keys beside it. A conflict of before still refuses.
base::Result<std::unique_ptr<audit::Log>> open_log(const RecordPlaces& places,
                                                   const crypto::SecretBytes& master,
                                                   audit::Log::Seams seams);
// Remembers what the witness has shown and refuses every further record.
void note_conflict(const RecordPlaces& places, audit::Log& log, const ship::Conflict& conflict);

}  // namespace hs::keeping
