// Shipment: one event on its way to one sink, with its place in that sink's stream.
//
// Each carries its own sequence (the record's index in the log) and that of the one before it in
// this stream, so that a receiver sees a gap, a change of order and a repetition by itself
// (tools/check_stream.py).
// What it does not protect from: a receiver that does not look. Threads: values.
#pragma once

#include <optional>
#include <string>

#include "audit/facts.h"
#include "ship/severity.h"

namespace hs::ship {

struct StreamPlace {
    std::string log;  // the log's origin
    std::uint64_t sequence = 0;
    std::optional<std::uint64_t> before;  // none: the first of the stream
    bool again = false;                   // may have arrived already
};

struct Shipment {
    StreamPlace place;
    audit::EventKind kind = audit::EventKind::doctor;
    base::WallTime_ms time_ms = 0;
    Severity severity = Severity::informational;
    wire::Json body;   // OCSF, or the event with its place
    std::string text;  // the body, canonical, one line
};

enum class Format : std::uint8_t { ocsf, json };

// This machine, as the SIEM knows it.
struct Machine {
    std::string host;  // its name
    std::string version;
};

// {"event": …, "stream": {log, seq, prev, again}}: the event as it was recorded.
wire::Json plain_body(const audit::RecordedEvent& event, const StreamPlace& place);
wire::Json place_json(const StreamPlace& place);

}  // namespace hs::ship
