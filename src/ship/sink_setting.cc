#include "ship/sink_setting.h"

#include <fmt/format.h>

#include "ship/redact.h"
#include "wire/url.h"

namespace hs::ship {

using base::Code;
using base::fail;
using base::Result;

namespace {

constexpr std::array<std::string_view, 5> kind_names = {"syslog", "splunk", "otlp", "https",
                                                        "file"};

// Reads the rows of one sink; `bad` names the key.
class Rows {
  public:
    Rows(const gate::Settings& settings, const std::string& name)
        : settings_(settings), prefix_("ship." + name + ".") {}
    std::string text(std::string_view key) const { return settings_.text(at(key)); }
    std::int64_t integer(std::string_view key) const { return settings_.integer(at(key)); }
    bool boolean(std::string_view key) const { return settings_.boolean(at(key)); }
    std::vector<std::string> texts(std::string_view key) const { return settings_.texts(at(key)); }
    base::Failure bad(std::string_view key, std::string_view expected) const {
        return fail(
            Code::invalid_input,
            fmt::format("{}: {} must be {}", settings_.find(at(key))->source, at(key), expected));
    }

  private:
    std::string at(std::string_view key) const { return prefix_ + std::string(key); }
    const gate::Settings& settings_;
    std::string prefix_;
};

bool is_loopback(const std::string& host) {
    return host == "localhost" || host == "::1" || host.starts_with("127.");
}

std::string_view usual_target(SinkKind kind) {
    if (kind == SinkKind::splunk) return "/services/collector/event";
    return kind == SinkKind::otlp ? "/v1/logs" : "/";
}

Result<> read_address(const Rows& rows, SinkSetting& sink) {
    std::string text = rows.text("url");
    if (sink.kind == SinkKind::syslog) {
        if (!text.starts_with("tls://")) {
            return rows.bad("url", "tls://HOST or tls://HOST:PORT (RFC 5425)");
        }
        const bool has_port = text.find(':', 6) != std::string::npos;
        const auto url = wire::parse_url("https://" + text.substr(6));
        if (!url || url->target() != "/") return rows.bad("url", "tls://HOST or tls://HOST:PORT");
        sink.scheme = "tls";
        sink.host = url->host;
        sink.port = has_port ? url->port : 6514;
        return {};
    }
    const auto url = wire::parse_url(text);
    if (!url) return rows.bad("url", fmt::format("an address ({})", url.error().what));
    if (url->scheme == wire::Scheme::http && !is_loopback(url->host)) {
        return rows.bad("url", "an https address; plain http is for this machine alone");
    }
    sink.scheme = url->scheme_text();
    sink.host = url->host;
    sink.port = url->port;
    sink.target = url->target() == "/" ? std::string(usual_target(sink.kind)) : url->target();
    return {};
}

Result<> read_identity(const Rows& rows, SinkSetting& sink) {
    sink.ca = rows.text("ca");
    sink.certificate = rows.text("certificate");
    sink.key = rows.text("key");
    if (sink.certificate.empty() != sink.key.empty()) {
        return rows.bad(sink.key.empty() ? "key" : "certificate",
                        "given, because the other of the two is");
    }
    if (sink.kind == SinkKind::syslog && sink.certificate.empty()) {
        return rows.bad("certificate", "a PEM file: syslog over TLS proves both ends");
    }
    return {};
}

Result<SinkSetting> read(const Rows& rows, const std::string& name) {
    SinkSetting sink;
    sink.name = name;
    const std::string kind = rows.text("kind");
    const auto* found = std::find(kind_names.begin(), kind_names.end(), kind);
    if (found == kind_names.end()) {
        return rows.bad("kind", "syslog, splunk, otlp, https or file");
    }
    sink.kind = static_cast<SinkKind>(found - kind_names.begin());
    const std::string format = rows.text("format");
    if (format != "ocsf" && format != "json") return rows.bad("format", "ocsf or json");
    sink.format = format == "ocsf" ? Format::ocsf : Format::json;
    const auto minimum = parse_severity(rows.text("minimum"));
    if (!minimum) return rows.bad("minimum", "informational, low, medium, high or critical");
    sink.minimum = *minimum;
    sink.redact = rows.texts("redact");
    for (const std::string& one : sink.redact) {
        if (!is_redaction(one)) {
            return rows.bad("redact", "any of person, path, host, command, reason, request");
        }
    }
    sink.credential = rows.text("credential");
    sink.index = rows.text("index");
    sink.acknowledged = rows.boolean("acknowledged");
    sink.from_start = rows.boolean("from_start");
    sink.batch = static_cast<std::size_t>(rows.integer("batch"));
    sink.answer_ms = rows.integer("answer_seconds") * 1000;
    sink.window_bytes = static_cast<std::size_t>(rows.integer("window_kib")) << 10U;
    sink.rotate_bytes = static_cast<std::uint64_t>(rows.integer("rotate_mib")) << 20U;
    if (sink.kind == SinkKind::file) {
        sink.path = rows.text("path");
        if (!sink.path.starts_with('/')) return rows.bad("path", "a path that begins with /");
        return sink;
    }
    if (sink.kind == SinkKind::splunk && sink.credential.empty()) {
        return rows.bad("credential", "the name of the secret that holds the token");
    }
    TRY(read_address(rows, sink));
    TRY(read_identity(rows, sink));
    return sink;
}

}  // namespace

std::string_view sink_kind_name(SinkKind kind) {
    return kind_names[static_cast<std::size_t>(kind)];
}

Result<std::vector<SinkSetting>> sink_settings(const gate::Settings& settings) {
    std::vector<SinkSetting> sinks;
    for (const std::string& name : settings.names("ship")) {
        const Rows rows(settings, name);
        if (rows.boolean("enabled")) sinks.push_back(TRY(read(rows, name)));
    }
    return sinks;
}

}  // namespace hs::ship
