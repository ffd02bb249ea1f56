#include "control/sealed.h"

#include <fmt/format.h>
#include <unistd.h>

#include "base/version.h"

namespace hs::control {

using base::Result;
using wire::Json;
using wire::JsonObject;

namespace {

constexpr int unavailable = 503;

Result<> answer(net::HttpExchange& exchange, int status, const Json& json) {
    return exchange.answer(status, "application/json", wire::canonical_json(json));
}

bool is_own(const net::Peer& peer) {
    return peer.kind == net::Peer::Kind::unix_socket && peer.uid == ::geteuid();
}

}  // namespace

void Sealed::handle(net::HttpExchange& exchange) {
    const std::string_view whole = exchange.request().target;
    const std::string_view path = whole.substr(0, whole.find('?'));
    const std::string& method = exchange.request().method;
    const bool own = is_own(exchange.peer());
    Result<> done;
    if (path == "/healthz") {
        done = exchange.answer(200, "text/plain", "ok\n");
    } else if (own && method == "GET" && path == "/v1/status") {
        const auto json = status();
        done = json ? answer(exchange, 200, *json) : refuse(exchange);
    } else if (own && method == "POST" && path == "/v1/stop") {
        done = answer(exchange, 200, JsonObject{{"stopping", true}});
        parts_.stop();
    } else {
        done = refuse(exchange);
    }
    if (!done) exchange.close_after();  // the client is gone
}

Result<Json> Sealed::status() {
    const Json none{JsonObject{}};
    Json json = JsonObject{{"version", base::version}, {"ready", false}, {"turns", 0}};
    json["lockdown"] = TRY(parts_.gate.question("lockdown.status", none));
    json["processes"] = parts_.processes();
    json["policy"] = TRY(parts_.gate.question("policy.describe", none));
    json["record"] = TRY(parts_.gate.question("ship.status", none));
    json["space"] = "";
    json["state"] = "sealed";
    return json;
}

// Who, when and why is told to this user alone; a token's owner learns that it is on.
Result<> Sealed::refuse(net::HttpExchange& exchange) {
    std::string what = "the lockdown is on: nothing acts and nothing is answered";
    if (is_own(exchange.peer())) {
        const auto held = parts_.gate.question("lockdown.status", Json(JsonObject{}));
        const auto text = [&](std::string_view key) {
            const auto found = held ? wire::text_at_or(*held, key, "") : held.failure();
            return found ? *found : std::string();
        };
        what += fmt::format(
            ". It began at {}, by {}: {}. Whom policy lets lifts it with: hardshell lockdown lift "
            "--reason TEXT",
            text("since"), text("by"), text("reason"));
    }
    return answer(exchange, unavailable,
                  JsonObject{{"error", JsonObject{{"code", "denied"},
                                                  {"message", std::move(what)},
                                                  {"type", "permission_error"}}}});
}

}  // namespace hs::control
