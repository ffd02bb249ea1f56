#include "gate/connection.h"

#include <fmt/format.h>

#include "base/bytes.h"

namespace hs::gate {
namespace {

using base::Code;
using base::fail;
using base::Result;
using wire::Json;
using wire::JsonObject;

constexpr std::size_t addresses_max = 64;
constexpr std::string_view kind_names[] = {"open", "addresses", "request"};
constexpr std::string_view inside_names[] = {"opaque", "http"};
constexpr std::string_view outcome_names[] = {"tunnel", "inspect", "allow", "ask", "deny"};

template <class Enum, std::size_t count>
Result<Enum> named(const Json& json, std::string_view key, const std::string_view (&names)[count]) {
    const std::string name = TRY(wire::text_at(json, key));
    for (std::size_t i = 0; i < count; ++i) {
        if (names[i] == name) return static_cast<Enum>(i);
    }
    return fail(Code::invalid_input, fmt::format("\"{}\" has the unknown value \"{}\"", key, name));
}

Result<std::int64_t> positive(const Json& json, std::string_view key) {
    const std::int64_t value = TRY(wire::integer_at(json, key));
    if (value < 1) return fail(Code::invalid_input, fmt::format("\"{}\" must be above 0", key));
    return value;
}

}  // namespace

Json to_json(const SandboxOrder& order) {
    return JsonObject{{"sandbox", order.sandbox},
                      {"nonce", order.nonce},
                      {"authority", order.authority},
                      {"program", order.program},
                      {"open_max", order.limits.open_max},
                      {"sent_bytes_max", order.limits.sent_bytes_max},
                      {"received_bytes_max", order.limits.received_bytes_max}};
}

Result<SandboxOrder> sandbox_order_from_json(const Json& json) {
    SandboxOrder order;
    order.sandbox = TRY(wire::text_at(json, "sandbox"));
    order.nonce = TRY(wire::text_at(json, "nonce"));
    order.authority = TRY(wire::text_at(json, "authority"));
    order.program = TRY(wire::text_at(json, "program"));
    order.limits.open_max = TRY(positive(json, "open_max"));
    order.limits.sent_bytes_max = TRY(positive(json, "sent_bytes_max"));
    order.limits.received_bytes_max = TRY(positive(json, "received_bytes_max"));
    return order;
}

Json to_json(const ConnectionAsk& ask) {
    Json addresses{wire::JsonArray{}};
    for (const auto& address : ask.addresses) addresses.push(address);
    return JsonObject{{"sandbox", ask.sandbox},
                      {"kind", kind_names[static_cast<std::size_t>(ask.kind)]},
                      {"host", ask.host},
                      {"port", static_cast<std::int64_t>(ask.port)},
                      {"tls", ask.is_tls},
                      {"inside", inside_names[static_cast<std::size_t>(ask.inside)]},
                      {"addresses", std::move(addresses)},
                      {"method", ask.method},
                      {"target", ask.target},
                      {"content_type", ask.content_type},
                      {"body_sha256", ask.body_sha256},
                      {"body_bytes", ask.body_bytes},
                      {"operation", ask.operation},
                      {"approval", ask.approval}};
}

Result<ConnectionAsk> connection_ask_from_json(const Json& json) {
    ConnectionAsk ask;
    for (auto& [key, place] : std::initializer_list<std::pair<std::string_view, std::string*>>{
             {"sandbox", &ask.sandbox},
             {"host", &ask.host},
             {"method", &ask.method},
             {"target", &ask.target},
             {"content_type", &ask.content_type},
             {"body_sha256", &ask.body_sha256},
             {"operation", &ask.operation},
             {"approval", &ask.approval}}) {
        *place = TRY(wire::text_at(json, key));
    }
    ask.kind = TRY(named<ConnectionAsk::Kind>(json, "kind", kind_names));
    ask.inside = TRY(named<ConnectionAsk::Inside>(json, "inside", inside_names));
    ask.is_tls = TRY(wire::boolean_at(json, "tls"));
    const std::int64_t port = TRY(wire::integer_at(json, "port"));
    if (port < 1 || port > 65535) return fail(Code::invalid_input, "\"port\" must be 1 to 65535");
    ask.port = static_cast<std::uint16_t>(port);
    ask.body_bytes = TRY(wire::integer_at(json, "body_bytes"));
    if (ask.body_bytes < 0) return fail(Code::invalid_input, "\"body_bytes\" is negative");
    const auto& addresses = *TRY(wire::array_at(json, "addresses"));
    if (addresses.size() > addresses_max) {
        return fail(Code::exhausted, "a name leads to too many addresses");
    }
    for (const Json& address : addresses) {
        if (address.text() == nullptr) {
            return fail(Code::invalid_input, "\"addresses\" must hold strings");
        }
        ask.addresses.push_back(*address.text());
    }
    return ask;
}

Json to_json(const ConnectionAnswer& answer) {
    return JsonObject{{"outcome", outcome_names[static_cast<std::size_t>(answer.outcome)]},
                      {"decision", answer.decision},
                      {"reason", answer.reason},
                      {"approval", answer.approval},
                      {"expiry_ms", answer.expiry_ms},
                      {"envelope", base::to_base64(answer.envelope)}};
}

Result<ConnectionAnswer> connection_answer_from_json(const Json& json) {
    ConnectionAnswer answer;
    answer.outcome = TRY(named<ConnectionAnswer::Outcome>(json, "outcome", outcome_names));
    answer.decision = TRY(wire::text_at(json, "decision"));
    answer.reason = TRY(wire::text_at(json, "reason"));
    answer.approval = TRY(wire::text_at(json, "approval"));
    answer.expiry_ms = TRY(wire::integer_at(json, "expiry_ms"));
    answer.envelope = TRY(base::from_base64(TRY(wire::text_at(json, "envelope"))));
    return answer;
}

}  // namespace hs::gate
