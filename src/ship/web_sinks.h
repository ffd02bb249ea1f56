// Sinks over HTTPS: Splunk's HTTP Event Collector with indexer acknowledgement, OTLP/HTTP logs in
// JSON (opentelemetry-proto), and a plain JSON array.
// Threads: as Sink; the body functions are pure.
#pragma once

#include "ship/sink.h"

namespace hs::ship {

// JSON objects one after another, as the collector takes them.
std::string splunk_body(std::span<const Shipment> batch, const SinkSetting& setting,
                        const Machine& machine);
// {"resourceLogs": …}; 64-bit integers as decimal strings.
std::string otlp_body(std::span<const Shipment> batch, const Machine& machine);
// A JSON array of the bodies.
std::string array_body(std::span<const Shipment> batch);
// The acknowledgement's address beside the collector's.
std::string ack_target(const std::string& event_target, const std::string& channel);

std::unique_ptr<Sink> make_splunk(const SinkSetting& setting, const SinkParts& parts);
std::unique_ptr<Sink> make_otlp(const SinkSetting& setting, const SinkParts& parts);
std::unique_ptr<Sink> make_https(const SinkSetting& setting, const SinkParts& parts);

}  // namespace hs::ship
