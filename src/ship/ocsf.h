// OCSF 1.8.0: an event of the log as an event of the Open Cybersecurity Schema Framework.
//
// What it is for: a SIEM that knows nothing of Hardshell. Which class each kind becomes stands in
// docs/siem.md; every mapping is validated against the schema in ocsf_test.cc. What 1.8.0 has no
// place for (integrity fields, sequence) goes under "unmapped".
// What it does not protect from: detail that a class cannot hold; the plain format keeps it all.
// Threads: pure functions.
#pragma once

#include "ship/shipment.h"

namespace hs::ship {

// What an OCSF event is made from; redaction has been applied.
struct OcsfSource {
    const audit::RecordedEvent& event;
    const audit::EventFacts& facts;  // of the event's story
    const StreamPlace& place;
    const Machine& machine;
    Severity severity;
    std::string leaf_hash;  // 64 hex digits: the record's hash in the Merkle tree
};
wire::Json ocsf_body(const OcsfSource& source);

}  // namespace hs::ship
