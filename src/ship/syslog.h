// Syslog: RFC 5424 messages in RFC 5425 frames.
// Threads: pure functions.
#pragma once

#include "ship/sink.h"

namespace hs::ship {

// One message without its frame. The place stands in the structured data as well, so that a
// receiver that does not parse the body can watch the sequence. 32473 is the documentation's
// enterprise number (RFC 5612).
std::string syslog_message(const Shipment& shipment, const Machine& machine);
// "LENGTH SPACE MESSAGE" (RFC 5425 section 4.3).
std::string syslog_frame(std::string_view message);

std::unique_ptr<Sink> make_syslog(const SinkSetting& setting, const SinkParts& parts);

}  // namespace hs::ship
