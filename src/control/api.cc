#include "control/api.h"

#include <fmt/format.h>
#include <unistd.h>

namespace hs::control {

using base::Code;
using base::Error;
using base::fail;
using base::Result;
using wire::Json;

Result<Json> json_body(net::HttpExchange& exchange, std::uint64_t bytes_max) {
    if (exchange.content_length().value_or(0) > bytes_max) {
        exchange.close_after();  // what is still on its way is not read
        return fail(Code::exhausted,
                    fmt::format("the request has {} bytes; at most {} are accepted",
                                *exchange.content_length(), bytes_max));
    }
    const std::string text = TRY(exchange.whole_body(bytes_max));
    auto json = wire::parse_json(text);
    if (!json)
        return fail(Code::invalid_input, "the request's body is not JSON: " + json.error().what);
    if (json->object() == nullptr)
        return fail(Code::invalid_input, "the request must be an object");
    return json;
}

Result<> answer_json(net::HttpExchange& exchange, const Json& json, int status) {
    return exchange.answer(status, "application/json", wire::canonical_json(json));
}

Result<> answer_error(net::HttpExchange& exchange, const Error& error) {
    if (exchange.begun()) return {};  // the answer is on its way; the connection ends
    Json body;
    body["error"]["code"] = base::code_name(error.code);
    body["error"]["message"] = error.what;
    body["error"]["type"] =
        error.code == Code::denied ? "permission_error" : "invalid_request_error";
    return answer_json(exchange, body, net::status_of(error.code));
}

Result<> require(const Caller& caller, Scope scope) {
    if (caller.scopes.has(scope)) return {};
    return fail(Code::denied,
                fmt::format("{} may only: {}. This needs the scope {}; make a token "
                            "that has it: hardshell token add NAME --scopes …",
                            caller.name, caller.scopes.names(), Scopes{scope}.names()));
}

Result<Caller> Api::caller_of(const net::HttpExchange& exchange) {
    const net::Peer& peer = exchange.peer();
    if (peer.kind == net::Peer::Kind::unix_socket) {
        if (peer.uid != ::geteuid()) {
            return fail(Code::denied, "this socket belongs to another user");
        }
        return Caller{fmt::format("uid {}", peer.uid),
                      {Scope::talk, Scope::read, Scope::configure, Scope::person},
                      "",
                      "cli"};
    }
    TRY(net::check_origin(exchange.request(), parts_.names));
    const auto given = TRY(exchange.request().headers.only("authorization"));
    constexpr std::string_view bearer = "Bearer ";
    if (!given || !given->starts_with(bearer)) {
        return fail(Code::denied,
                    "a token is needed: send \"Authorization: Bearer TOKEN\"; the "
                    "default token is shown by: hardshell token show");
    }
    const auto tokens = TRY(token_file_.current());
    const std::string token(given->substr(bearer.size()));
    const gate::TokenEntry* entry = tokens->find(token);
    if (entry == nullptr) {
        note_unknown_token();
        return fail(Code::denied, "the token is not known; see: hardshell token list");
    }
    return Caller{entry->name, entry->scopes, token, "api"};
}

// One record a minute, with how often: whoever guesses must not fill the log.
void Api::note_unknown_token() {
    ++unknown_tokens_;
    const std::int64_t now_ms = std::chrono::duration_cast<std::chrono::milliseconds>(
                                    parts_.clock.steady().time_since_epoch())
                                    .count();
    std::int64_t due_ms = unknown_token_due_ms_.load();
    if (now_ms < due_ms ||
        !unknown_token_due_ms_.compare_exchange_strong(due_ms, now_ms + unknown_token_pause_ms)) {
        return;
    }
    wire::Json fields;
    fields["outcome"] = "refused";
    fields["reason"] = "an API client gave a token that is not known";
    fields["count"] = static_cast<std::int64_t>(unknown_tokens_.exchange(0));
    // A keeper that is gone is seen by whoever asks it something.
    static_cast<void>(parts_.gate.record("sign_in", std::move(fields), gate::Durable::later).ok());
}

void Api::handle(net::HttpExchange& exchange) {
    ++requests_;
    const std::string_view target = exchange.request().target;
    const std::string_view path = target.substr(0, target.find('?'));
    Result<> done;
    if (path == "/healthz") {
        done = exchange.answer(200, "text/plain", "ok\n");
    } else if (path == "/readyz") {
        done = parts_.ready() ? exchange.answer(200, "text/plain", "ready\n")
                              : exchange.answer(503, "text/plain", "not ready\n");
    } else {
        const auto caller = caller_of(exchange);
        done = caller ? route(exchange, *caller) : Result<>(caller.failure());
        if (!caller) ++refused_;
    }
    if (done) return;
    Error error = done.error();
    const bool unknown_token = error.code == Code::denied && !exchange.begun() &&
                               exchange.peer().kind == net::Peer::Kind::loopback &&
                               error.what.find("token") != std::string::npos &&
                               error.what.find("scope") == std::string::npos;
    if (unknown_token) {
        Json body;
        body["error"]["code"] = "denied";
        body["error"]["message"] = error.what;
        body["error"]["type"] = "authentication_error";
        static_cast<void>(answer_json(exchange, body, 401).ok());
        return;
    }
    // Where even the refusal cannot be sent, the client is gone.
    if (const auto told = answer_error(exchange, error); !told) exchange.close_after();
}

Result<> Api::route(net::HttpExchange& exchange, const Caller& caller) {
    const std::string_view target = exchange.request().target;
    const std::string path(target.substr(0, target.find('?')));
    const std::string& method = exchange.request().method;
    if (method == "GET") return route_get(exchange, caller, path);
    if (method == "POST") return route_post(exchange, caller, path);
    if (method == "DELETE" && path.starts_with("/v1/sessions/")) {
        TRY(require(caller, Scope::configure));
        TRY(parts_.assistant.remove_session(path.substr(13)));
        return answer_json(exchange, wire::JsonObject{{"removed", path.substr(13)}});
    }
    return fail(Code::not_found,
                fmt::format("there is no {} {}; docs/api.md lists the requests", method, path));
}

Result<> Api::route_get(net::HttpExchange& exchange, const Caller& caller,
                        const std::string& path) {
    if (path == "/v1/models") return models(exchange);
    if (path == "/metrics") {
        TRY(require(caller, Scope::read));
        return exchange.answer(200, "text/plain; version=0.0.4", metrics());
    }
    if (path == "/v1/status") return answer_json(exchange, TRY(status(caller)));
    TRY(require(caller, Scope::read));
    if (path == "/v1/sessions") return answer_json(exchange, TRY(sessions(caller)));
    if (path.starts_with("/v1/sessions/")) {
        return answer_json(exchange, TRY(session(caller, path.substr(13))));
    }
    if (path == "/v1/schedules") {
        return answer_json(exchange,
                           TRY(parts_.schedules(caller, "list", Json(wire::JsonObject{}))));
    }
    if (path == "/v1/spaces") return answer_json(exchange, TRY(spaces()));
    if (path == "/v1/config") return answer_json(exchange, TRY(config("")));
    if (path.starts_with("/v1/config/")) {
        return answer_json(exchange, TRY(config(path.substr(11))));
    }
    if (path == "/v1/approvals") {
        return answer_json(exchange, TRY(approvals()));
    }
    if (path.starts_with("/v1/decisions/")) {
        return answer_json(exchange, TRY(decision(path.substr(14))));
    }
    return fail(Code::not_found,
                fmt::format("there is no GET {}; docs/api.md lists the requests", path));
}

Result<> Api::route_post(net::HttpExchange& exchange, const Caller& caller,
                         const std::string& path) {
    if (path == "/v1/chat/completions") return chat_completions(exchange, caller);
    if (path == "/v1/messages/turn") return messages(exchange, caller);
    if (path.starts_with("/v1/memory/")) return memory(exchange, caller, path.substr(11));
    const Json body = TRY(json_body(exchange, request_bytes_max));
    if (path.starts_with("/v1/turns/") && path.ends_with("/cancel")) {
        TRY(require(caller, Scope::talk));
        const std::string id = path.substr(10, path.size() - 10 - 7);
        TRY(parts_.turns.cancel(id));
        return answer_json(exchange, wire::JsonObject{{"cancelled", id}});
    }
    if (path.starts_with("/v1/approvals/")) {
        TRY(require(caller, Scope::approve));
        // The keeper checks the token itself; this process only carries it.
        Json arguments;
        arguments["approval"] = path.substr(14);
        arguments["token"] = caller.token;
        arguments["consent"] = TRY(wire::boolean_at(body, "consent"));
        return answer_json(
            exchange, TRY(parts_.gate.question("approvals.answer_by_token", std::move(arguments))));
    }
    if (path == "/v1/config") return answer_json(exchange, TRY(set_config(caller, body)));
    if (path == "/v1/undo") {
        TRY(require(caller, Scope::person));
        return answer_json(exchange,
                           TRY(parts_.undo(caller, TRY(wire::text_at_or(body, "id", "")))));
    }
    if (path.starts_with("/v1/channels/") && path.ends_with("/test")) {
        TRY(require(caller, Scope::configure));
        const std::string name = path.substr(13, path.size() - 13 - 5);
        return answer_json(exchange, wire::JsonObject{{"channel", name},
                                                      {"says", TRY(parts_.probe_channel(name))}});
    }
    if (path == "/v1/schedules" || path == "/v1/schedules/stop") {
        TRY(require(caller, Scope::person));
        const std::string_view what = path == "/v1/schedules" ? "add" : "stop";
        return answer_json(exchange, TRY(parts_.schedules(caller, what, body)));
    }
    if (path == "/v1/stop") {
        TRY(require(caller, Scope::configure));
        TRY(answer_json(exchange, wire::JsonObject{{"stopping", true}}));
        parts_.stop();
        return {};
    }
    return fail(Code::not_found,
                fmt::format("there is no POST {}; docs/api.md lists the requests", path));
}

}  // namespace hs::control
