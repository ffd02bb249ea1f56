// SinkSetting: one [[ship]] of the configuration, checked.
//
// What it does not protect from: a sink that a person should not have named. Its address goes
// through egress's checks like any other.
// Threads: values.
#pragma once

#include <string>
#include <vector>

#include "gate/settings.h"
#include "ship/shipment.h"

namespace hs::ship {

enum class SinkKind : std::uint8_t { syslog, splunk, otlp, https, file };
std::string_view sink_kind_name(SinkKind kind);

struct SinkSetting {
    std::string name;
    SinkKind kind = SinkKind::file;
    std::string scheme;  // "https", "http" (loopback only), "tls"
    std::string host;
    std::uint16_t port = 0;
    std::string target;  // path and query
    std::string path;    // of the kind file
    Format format = Format::ocsf;
    Severity minimum = Severity::informational;
    std::vector<std::string> redact;
    std::string credential;
    std::string index;
    bool acknowledged = true;
    bool from_start = true;
    std::string ca;  // PEM files
    std::string certificate;
    std::string key;
    std::size_t batch = 200;
    std::int64_t answer_ms = 60'000;  // for an answer, or for reading what is sent
    std::size_t window_bytes = std::size_t{8} << 20U;
    std::uint64_t rotate_bytes = std::uint64_t{256} << 20U;

    // Whether a TLS identity of its own is needed.
    bool has_identity() const { return !ca.empty() || !certificate.empty(); }
};

// The enabled ones. invalid_input names the key and what was expected.
base::Result<std::vector<SinkSetting>> sink_settings(const gate::Settings& settings);

}  // namespace hs::ship
