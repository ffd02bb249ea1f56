#include "egress/connection_record.h"

namespace hs::egress {

namespace {

std::int64_t number(std::uint64_t value) {
    return static_cast<std::int64_t>(std::min<std::uint64_t>(value, INT64_MAX));
}

std::string_view purpose_name(Purpose purpose) {
    switch (purpose) {
        case Purpose::infer:
            return "infer";
        case Purpose::websocket:
            return "websocket";
        case Purpose::lines:
            return "lines";
        case Purpose::poll:
            return "channel";
        case Purpose::listen:
            return "listen";
        case Purpose::store:
            return "store";
        case Purpose::letter:
            return "letter";
        case Purpose::submit:
            return "submit";
        case Purpose::http:
        case Purpose::ship:
        case Purpose::stream:
            break;
    }
    return "http";
}

void add_place(wire::Json& json, const ConnectionRecord& record) {
    const Envelope& envelope = record.envelope;
    json["decision"] = envelope.decision;
    json["purpose"] = purpose_name(envelope.purpose);
    json["scheme"] = envelope.scheme == Scheme::https ? "https" : "http";
    json["host"] = envelope.host;
    json["port"] = static_cast<std::int64_t>(envelope.port);
    json["nonce"] = record.nonce;
    json["method"] = record.method;
    json["path"] = record.path;
    if (!envelope.credential.name.empty()) json["credential"] = envelope.credential.name;
}

}  // namespace

wire::Json to_json(const ConnectionRecord& record) {
    wire::Json json{wire::JsonObject{}};
    if (!record.sandbox.empty()) json["sandbox"] = record.sandbox;
    if (!record.nonce.empty()) add_place(json, record);
    if (record.nonce.empty() && !record.envelope.host.empty()) {
        json["host"] = record.envelope.host;
        json["port"] = static_cast<std::int64_t>(record.envelope.port);
        json["method"] = record.method;
    }
    if (!record.address.empty()) {
        json["address"] = record.address;
        json["reused"] = record.reused;
    }
    if (record.status != 0) json["status"] = static_cast<std::int64_t>(record.status);
    json["sent_bytes"] = number(record.sent_bytes);
    json["received_bytes"] = number(record.received_bytes);
    json["duration_ms"] = record.duration_ms;
    if (record.redacted != 0) json["redacted"] = number(record.redacted);
    if (record.trouble) {
        json["error"]["code"] = reason_name(record.trouble->reason);
        json["error"]["what"] = record.trouble->what;
    }
    return json;
}

}  // namespace hs::egress
