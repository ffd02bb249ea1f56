#include "ship/web_sinks.h"

#include <fmt/format.h>

#include "audit/note.h"

namespace hs::ship {

using base::Result;
using wire::Json;
using wire::JsonArray;
using wire::JsonObject;

namespace {

constexpr std::int64_t ack_pause_ms = 500;
constexpr std::size_t why_bytes_max = 200;

Delivery again(std::string why, Fault fault, std::int64_t wait_ms = 0) {
    return {Delivery::Fate::again, std::move(why), wait_ms, 0, std::nullopt, fault};
}

Delivery all_taken(std::span<const Shipment> batch) {
    Delivery delivery;
    delivery.confirmed = batch.back().place.sequence;
    return delivery;
}

// The receiver's words as a person may read them.
std::string excerpt(const std::string& body) {
    std::string text;
    for (const char c : body.substr(0, why_bytes_max)) {
        text += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? ' ' : c;
    }
    return text;
}

Json attribute(std::string_view key, Json value) {
    return JsonObject{{"key", key}, {"value", std::move(value)}};
}
Json string_value(std::string_view text) {
    return JsonObject{{"stringValue", text}};
}

// opentelemetry-proto's AnyValue.
Json any_value(const Json& value) {
    if (const auto* text = value.text()) return string_value(*text);
    if (const auto* number = value.integer()) {
        return JsonObject{{"intValue", std::to_string(*number)}};
    }
    if (const auto* truth = value.boolean()) return JsonObject{{"boolValue", *truth}};
    if (const auto* real = value.real()) return JsonObject{{"doubleValue", *real}};
    if (const auto* items = value.array()) {
        JsonArray values;
        for (const Json& item : *items) values.push_back(any_value(item));
        return JsonObject{{"arrayValue", JsonObject{{"values", std::move(values)}}}};
    }
    JsonArray members;
    if (const auto* object = value.object()) {
        for (const auto& [key, member] : *object) {
            members.push_back(attribute(key, any_value(member)));
        }
        return JsonObject{{"kvlistValue", JsonObject{{"values", std::move(members)}}}};
    }
    return Json(JsonObject{});  // null: a value that is not set
}

// opentelemetry-proto: 9 INFO, 11 INFO3, 13 WARN, 17 ERROR, 21 FATAL.
int otlp_severity(Severity severity) {
    constexpr std::array<int, 6> numbers = {0, 9, 11, 13, 17, 21};
    return numbers[static_cast<std::size_t>(severity)];
}

Json otlp_record(const Shipment& shipment) {
    const std::string nanoseconds = std::to_string(shipment.time_ms) + "000000";
    JsonArray attributes;
    attributes.push_back(
        attribute("log.record.uid",
                  string_value(fmt::format("{}#{}", shipment.place.log, shipment.place.sequence))));
    const Json place = place_json(shipment.place);
    for (const auto& [key, value] : *place.object()) {
        if (!value.is_null()) attributes.push_back(attribute("hardshell." + key, any_value(value)));
    }
    Json record = JsonObject{{"timeUnixNano", nanoseconds},
                             {"observedTimeUnixNano", nanoseconds},
                             {"severityNumber", otlp_severity(shipment.severity)},
                             {"severityText", severity_name(shipment.severity)},
                             {"body", any_value(shipment.body)}};
    record["eventName"] = "hardshell." + std::string(audit::kind_name(shipment.kind));
    record["attributes"] = std::move(attributes);
    return record;
}

class WebSink : public Sink {
  public:
    WebSink(const SinkSetting& setting, const SinkParts& parts)
        : setting_(setting), outlet_(parts.outlet), machine_(parts.machine) {}

  protected:
    Result<HttpReply> post(std::string body, const os::WakeUp& stop) {
        HttpCall call{setting_.name,
                      "POST",
                      setting_.target,
                      {{"Content-Type", "application/json"}},
                      std::move(body)};
        return hand_out(call, stop);
    }
    // What a failure was is in fault_.
    Result<HttpReply> hand_out(const HttpCall& call, const os::WakeUp& stop) {
        fault_ = Fault::unknown;
        return outlet_.send(call, os::Deadline::after_ms(setting_.answer_ms), stop, fault_);
    }

    SinkSetting setting_;
    Outlet& outlet_;
    Machine machine_;
    Fault fault_ = Fault::none;
};

class HttpsJson final : public WebSink {
  public:
    using WebSink::WebSink;
    Delivery deliver(std::span<const Shipment> batch, const os::WakeUp& stop) override {
        const auto reply = post(array_body(batch), stop);
        if (!reply) return Delivery::failed(reply.error(), fault_);
        Delivery judged = judge_status(*reply);
        return judged.fate == Delivery::Fate::taken ? all_taken(batch) : judged;
    }
};

class Otlp final : public WebSink {
  public:
    using WebSink::WebSink;
    Delivery deliver(std::span<const Shipment> batch, const os::WakeUp& stop) override {
        const auto reply = post(otlp_body(batch, machine_), stop);
        if (!reply) return Delivery::failed(reply.error(), fault_);
        const Delivery judged = judge_status(*reply);
        if (judged.fate != Delivery::Fate::taken) return judged;
        // A page of somebody else's between us and the collector answers 200 as well.
        if (!is_answer(reply->body)) {
            return again("the answer is no collector's: " + excerpt(reply->body), Fault::garbage);
        }
        Delivery delivery = all_taken(batch);
        delivery.lost = std::min<std::uint64_t>(rejected_in(reply->body), batch.size());
        if (delivery.lost != 0)
            delivery.why = "the collector rejected records: " + excerpt(reply->body);
        return delivery;
    }

  private:
    // ExportLogsServiceResponse in JSON, which may be left out where nothing is said.
    static bool is_answer(const std::string& body) {
        if (body.find_first_not_of(" \t\r\n") == std::string::npos) return true;
        const auto json = wire::parse_json(body, {.bytes_max = reply_bytes_max, .depth_max = 16});
        return json && json->object() != nullptr;
    }
    // A partial success is final: what was rejected must not be sent again (OTLP, section
    // "Partial success").
    static std::uint64_t rejected_in(const std::string& body) {
        const auto json = wire::parse_json(body, {.bytes_max = reply_bytes_max, .depth_max = 16});
        const Json* partial = json ? json->find("partialSuccess") : nullptr;
        const Json* count = partial != nullptr ? partial->find("rejectedLogRecords") : nullptr;
        if (count == nullptr) return 0;
        if (const auto* number = count->integer()) {
            return *number > 0 ? static_cast<std::uint64_t>(*number) : 0;
        }
        const auto parsed = count->text() != nullptr ? audit::parse_decimal(*count->text())
                                                     : Result<std::uint64_t>(0);
        return parsed ? *parsed : 0;
    }
};

class Splunk final : public WebSink {
  public:
    Splunk(const SinkSetting& setting, const SinkParts& parts)
        : WebSink(setting, parts), channel_(parts.channel) {}

    Delivery deliver(std::span<const Shipment> batch, const os::WakeUp& stop) override {
        const auto reply = send(setting_.target, splunk_body(batch, setting_, machine_), stop);
        if (!reply) return Delivery::failed(reply.error(), fault_);
        const Delivery judged = judge_status(*reply);
        const auto json = parse(reply->body);
        const Json* code = json ? json->find("code") : nullptr;
        if (judged.fate != Delivery::Fate::taken) return judged;
        if (code == nullptr || code->integer() == nullptr || *code->integer() != 0) {
            return again(
                "the collector did not say that it took the events: " + excerpt(reply->body),
                Fault::garbage);
        }
        if (!setting_.acknowledged) return all_taken(batch);
        const Json* id = json->find("ackId");
        if (id == nullptr || id->integer() == nullptr) {
            return again(
                "the collector gave no ackId; turn on indexer acknowledgement for the "
                "token, or set acknowledged = false",
                Fault::unacknowledged);
        }
        return await_ack(*id->integer(), batch, stop);
    }

  private:
    static Result<Json> parse(const std::string& body) {
        return wire::parse_json(body, {.bytes_max = reply_bytes_max, .depth_max = 16});
    }
    Result<HttpReply> send(const std::string& target, std::string body, const os::WakeUp& stop) {
        HttpCall call{
            setting_.name,
            "POST",
            target,
            {{"Content-Type", "application/json"}, {"X-Splunk-Request-Channel", channel_}},
            std::move(body)};
        return hand_out(call, stop);
    }
    // An answer 200 means parsed; only the acknowledgement means kept.
    Delivery await_ack(std::int64_t id, std::span<const Shipment> batch, const os::WakeUp& stop) {
        const os::Deadline until = os::Deadline::after_ms(2 * setting_.answer_ms);
        const std::string question = fmt::format("{{\"acks\":[{}]}}", id);
        const std::string target = ack_target(setting_.target, channel_);
        while (!until.passed()) {
            const auto reply = send(target, question, stop);
            if (!reply) return Delivery::failed(reply.error(), fault_);
            const Delivery judged = judge_status(*reply);
            if (judged.fate != Delivery::Fate::taken)
                return again(judged.why, judged.fault, judged.wait_ms);
            const auto json = parse(reply->body);
            const Json* acks = json ? json->find("acks") : nullptr;
            const Json* kept = acks != nullptr ? acks->find(std::to_string(id)) : nullptr;
            if (kept == nullptr || kept->boolean() == nullptr) {
                return again(
                    "the collector's acknowledgement cannot be read: " + excerpt(reply->body),
                    Fault::garbage);
            }
            if (*kept->boolean()) return all_taken(batch);
            const auto waited =
                os::wait_for(stop.fd(), os::Ready::readable, os::Deadline::after_ms(ack_pause_ms));
            if (waited) return again("stopping", Fault::none);
        }
        return again(
            "the collector takes events and the indexer has not acknowledged them in time: it may "
            "drop them",
            Fault::unacknowledged);
    }

    std::string channel_;
};

}  // namespace

Delivery judge_status(const HttpReply& reply) {
    const std::string why = fmt::format("it answered {}: {}", reply.status, excerpt(reply.body));
    if (reply.status >= 200 && reply.status < 300) return {};
    if (reply.status == 413) return {Delivery::Fate::too_much, why, 0, 0, std::nullopt, {}};
    // 400 and 422 speak of the content; everything else may pass or be mended by a person.
    if (reply.status == 400 || reply.status == 422) {
        return {Delivery::Fate::rejected, why, 0, 0, std::nullopt, {}};
    }
    Fault fault = Fault::failing;
    if (reply.status == 429 || reply.status == 503) fault = Fault::busy;
    if (reply.status == 401 || reply.status == 403) fault = Fault::refuses_us;
    return again(why, fault, reply.retry_after_ms.value_or(0));
}

std::string splunk_body(std::span<const Shipment> batch, const SinkSetting& setting,
                        const Machine& machine) {
    std::string text;
    for (const Shipment& shipment : batch) {
        // Indexed fields are flat and have no null.
        JsonObject fields;
        const Json place = place_json(shipment.place);
        for (const auto& [key, value] : *place.object()) {
            if (!value.is_null()) fields.insert_or_assign(key, value);
        }
        Json one = JsonObject{
            {"time", fmt::format("{}.{:03}", shipment.time_ms / 1000, shipment.time_ms % 1000)},
            {"host", machine.host},
            {"source", "hardshell"},
            {"sourcetype", setting.format == Format::ocsf ? "ocsf" : "hardshell:event"},
            {"event", shipment.body},
            {"fields", std::move(fields)}};
        if (!setting.index.empty()) one["index"] = setting.index;
        text += wire::canonical_json(one);
        text += '\n';
    }
    return text;
}

std::string otlp_body(std::span<const Shipment> batch, const Machine& machine) {
    JsonArray records;
    for (const Shipment& shipment : batch) records.push_back(otlp_record(shipment));
    Json scope = JsonObject{{"name", "hardshell.audit"}, {"version", machine.version}};
    Json scoped = JsonObject{{"scope", std::move(scope)}, {"logRecords", std::move(records)}};
    JsonArray about{attribute("service.name", string_value("hardshell")),
                    attribute("service.version", string_value(machine.version)),
                    attribute("host.name", string_value(machine.host))};
    Json resource = JsonObject{{"attributes", std::move(about)}};
    Json whole =
        JsonObject{{"resource", std::move(resource)}, {"scopeLogs", JsonArray{std::move(scoped)}}};
    return wire::canonical_json(JsonObject{{"resourceLogs", JsonArray{std::move(whole)}}});
}

std::string array_body(std::span<const Shipment> batch) {
    std::string text = "[";
    for (const Shipment& shipment : batch) text += (text.size() > 1 ? ",\n" : "") + shipment.text;
    return text + "]";
}

std::string ack_target(const std::string& event_target, const std::string& channel) {
    constexpr std::string_view collector = "/services/collector";
    const std::size_t at = event_target.find(collector);
    const std::string base = at == std::string::npos ? std::string() : event_target.substr(0, at);
    return fmt::format("{}{}/ack?channel={}", base, collector, channel);
}

std::unique_ptr<Sink> make_splunk(const SinkSetting& setting, const SinkParts& parts) {
    return std::make_unique<Splunk>(setting, parts);
}
std::unique_ptr<Sink> make_otlp(const SinkSetting& setting, const SinkParts& parts) {
    return std::make_unique<Otlp>(setting, parts);
}
std::unique_ptr<Sink> make_https(const SinkSetting& setting, const SinkParts& parts) {
    return std::make_unique<HttpsJson>(setting, parts);
}

}  // namespace hs::ship
