// The requests of our own clients: turns as a stream of events, sessions, status, configuration.

#include <fmt/format.h>
#include <unistd.h>

#include "audit/read.h"
#include "base/version.h"
#include "control/api.h"
#include "models/chat_json.h"
#include "os/file.h"
#include "wire/toml.h"

namespace hs::control {

using base::Code;
using base::fail;
using base::Result;
using wire::Json;

namespace {

constexpr std::size_t sessions_max = 500;
constexpr std::int64_t heartbeat_ms = 500;
constexpr std::size_t config_bytes_max = std::size_t{1} << 20U;

std::string event_line(const TurnFeed::Event& event) {
    return fmt::format("event: {}\ndata: {}\n\n", event.kind, wire::canonical_json(event.data));
}

Json facts_json(const agent::SessionFacts& facts) {
    return wire::JsonObject{{"id", facts.id},
                            {"title", facts.title},
                            {"person", facts.person},
                            {"space", facts.space},
                            {"project", facts.project},
                            {"origin", facts.origin},
                            {"created", base::format_time(facts.created_ms)},
                            {"updated", base::format_time(facts.updated_ms)}};
}

}  // namespace

// POST /v1/messages/turn: {text, session?, turn?, project?} → text/event-stream.
Result<> Api::messages(net::HttpExchange& exchange, const Caller& caller) {
    TRY(require(caller, Scope::talk));
    const Json body = TRY(json_body(exchange, request_bytes_max));
    agent::TurnRequest request;
    request.text = TRY(wire::text_at(body, "text"));
    request.session = TRY(wire::text_at_or(body, "session", ""));
    request.turn = TRY(wire::text_at_or(body, "turn", ""));
    request.project = TRY(wire::text_at_or(body, "project", ""));
    const std::string model = TRY(wire::text_at_or(body, "model", ""));
    if (!model.empty()) request.route = TRY(parts_.assistant.router().route_named(model));
    if (TRY(wire::boolean_at_or(body, "private", false))) {
        request.keeping = agent::TurnRequest::Keeping::private_;
    } else if (!TRY(wire::boolean_at_or(body, "memory", true))) {
        request.keeping = agent::TurnRequest::Keeping::no_memory;
    }
    request.person = fmt::format("uid {}", ::geteuid());
    request.origin = caller.origin;
    request.label = caller.scopes.has(Scope::person) ? flow::Label::of_person(request.person)
                                                     : flow::Label::unknown();
    if (!request.session.empty() && TRY(wire::boolean_at_or(body, "create", false))) {
        request.missing = agent::TurnRequest::Missing::create;
    }
    const auto feed = TRY(parts_.turns.start(request));
    net::ResponseHead head;
    head.headers.add("Content-Type", "text/event-stream");
    head.headers.add("Cache-Control", "no-store");
    TRY(exchange.begin(std::move(head)));
    TRY(exchange.write(event_line({"turn", wire::JsonObject{{"turn", request.turn}}})));
    while (!feed->finished()) {
        const auto event = feed->next(heartbeat_ms);
        const bool gone = exchange.client_gone();
        const auto written = event && !gone ? exchange.write(event_line(*event)) : Result<>();
        if (gone || !written) {
            feed->cancel().raise();  // nobody listens any more: Ctrl-C or a closed terminal
            return {};
        }
    }
    return exchange.finish();
}

Api::Answer Api::status(const Caller& caller) {
    Json json;
    json["version"] = base::version;
    json["ready"] = parts_.ready();
    json["turns"] = static_cast<std::int64_t>(parts_.turns.running());
    if (!caller.scopes.has(Scope::read)) return json;
    json["processes"] = parts_.processes();
    json["policy"] = TRY(parts_.gate.question("policy.describe", Json(wire::JsonObject{})));
    const Json walls = TRY(parts_.gate.question("doctor.status", Json(wire::JsonObject{})));
    json["unproven"] = *TRY(wire::array_at(walls, "unproven"));
    json["record"] = TRY(parts_.gate.question("ship.status", Json(wire::JsonObject{})));
    json["channels"] = parts_.channels();
    json["space"] = parts_.settings.text("space.name");
    json["state"] = parts_.places.state;
    json["config"] = parts_.places.config_file;
    Json budgets{wire::JsonArray{}};
    const auto rules = parts_.assistant.budget_rules();
    const std::string person = fmt::format("uid {}", ::geteuid());
    for (const auto& line : parts_.assistant.ledger().lines(rules, {"", person})) {
        if (line.name == "session") continue;
        Json item;
        item["name"] = line.name;
        item["tokens"] = line.spent.tokens;
        item["tokens_max"] = line.limit.tokens ? Json(*line.limit.tokens) : Json();
        item["money"] = models::money_text(line.spent.money, rules.currency);
        budgets.push(std::move(item));
    }
    json["budgets"] = std::move(budgets);
    return json;
}

Result<> Api::memory(net::HttpExchange& exchange, const Caller& caller, const std::string& verb) {
    TRY(require(caller, Scope::person));
    const Json body = TRY(json_body(exchange, request_bytes_max));
    return answer_json(exchange,
                       TRY(parts_.memory->handle(verb, fmt::format("uid {}", ::geteuid()), body)));
}

Api::Answer Api::sessions(const Caller&) {
    Json list{wire::JsonArray{}};
    for (const auto& facts : TRY(parts_.assistant.store().list(sessions_max))) {
        list.push(facts_json(facts));
    }
    return Json(wire::JsonObject{{"sessions", std::move(list)}});
}

Api::Answer Api::session(const Caller&, const std::string& id) {
    const auto facts = TRY(parts_.assistant.store().find(id));
    if (!facts) return fail(Code::not_found, fmt::format("there is no session {}", id));
    Json json = facts_json(*facts);
    Json list{wire::JsonArray{}};
    for (const auto& stored : TRY(parts_.assistant.store().messages(id))) {
        Json item = models::message_to_json(stored.message);
        item["turn"] = stored.turn;
        item["integrity"] = flow::integrity_name(stored.label.integrity);
        list.push(std::move(item));
    }
    json["messages"] = std::move(list);
    return json;
}

// The keeper's list, and beside each card what it would change where a turn here waits for it: a
// text that the keeper does not hold, because what it writes cannot be forgotten.
Api::Answer Api::approvals() {
    const Json held = TRY(parts_.gate.question("approvals.list", Json(wire::JsonObject{})));
    Json list{wire::JsonArray{}};
    for (const Json& approval : *TRY(wire::array_at(held, "approvals"))) {
        Json row = approval;
        const std::string card = TRY(wire::text_at(approval, "card"));
        const std::string shown = parts_.assistant.shown_card(TRY(wire::text_at(approval, "id")));
        if (shown.size() > card.size() && shown.starts_with(card)) {
            row["preview"] = shown.substr(card.size() + 1);
        }
        list.push(std::move(row));
    }
    return Json(wire::JsonObject{{"approvals", std::move(list)}});
}

Api::Answer Api::spaces() {
    // One daemon serves one space for now; its name, preset and folders are what it has.
    Json item;
    item["name"] = parts_.settings.text("space.name");
    item["preset"] = parts_.settings.text("policy.preset");
    item["state"] = parts_.places.state;
    Json list{wire::JsonArray{}};
    list.push(std::move(item));
    return Json(wire::JsonObject{{"spaces", std::move(list)}});
}

// From the log itself; its checkpoint follows a record within a second.
Api::Answer Api::decision(const std::string& id) {
    audit::EventQuery query;
    query.kinds = {audit::EventKind::decision};
    query.matches = {{audit::Field::decision, id}};
    auto reader = TRY(audit::Reader::open(parts_.places.state + "/audit"));
    const auto found = TRY(reader.search(query, 1));
    if (found.empty()) {
        return fail(Code::not_found, fmt::format("there is no decision {} in the log (yet)", id));
    }
    return TRY(audit::parse_event(found.front().leaf)).json;
}

Api::Answer Api::config(const std::string& key) {
    Json list{wire::JsonArray{}};
    for (const auto& [name, held] : parts_.settings.all()) {
        if (!key.empty() && name != key) continue;
        const gate::SettingRow* row = gate::row_of(name);
        list.push(wire::JsonObject{{"key", name},
                                   {"value", held.value},
                                   {"source", held.source},
                                   {"meaning", row != nullptr ? row->meaning : ""}});
    }
    if (!key.empty() && list.array()->empty()) {
        return fail(Code::not_found, fmt::format("there is no setting \"{}\"; did you mean \"{}\"?",
                                                 key, gate::nearest_key(key)));
    }
    return Json(wire::JsonObject{{"settings", std::move(list)}});
}

Api::Answer Api::set_config(const Caller& caller, const Json& body) {
    TRY(require(caller, Scope::configure));
    const std::string key = TRY(wire::text_at(body, "key"));
    const std::string typed = TRY(wire::text_at(body, "value"));
    const gate::SettingRow* row = gate::row_of(key);
    if (row == nullptr) {
        return fail(Code::not_found, fmt::format("there is no setting \"{}\"; did you mean \"{}\"?",
                                                 key, gate::nearest_key(key)));
    }
    const std::string literal = TRY(gate::literal_for(*row, typed));
    const std::string& file = parts_.places.config_file;
    const auto before = os::read_text(file, config_bytes_max);
    if (!before && before.error().code != Code::not_found) return before.failure();
    const std::string text = TRY(wire::set_in_toml(before ? *before : std::string(), key, literal));
    TRY(gate::Settings::parse(text, "config.toml"));  // a file that does not hold is never written
    Json fields;
    fields["key"] = key;
    fields["person"] = caller.name;
    TRY(parts_.gate.record("config.change", std::move(fields), gate::Durable::before_return));
    TRY(os::write_file_atomic(file, base::bytes_of(text)));
    return Json(wire::JsonObject{{"key", key}, {"file", file}, {"restart", true}});
}

std::string Api::metrics() {
    std::string text;
    const auto line = [&text](std::string_view name, std::string_view type, std::string_view help,
                              std::uint64_t value) {
        text +=
            fmt::format("# HELP hardshell_{0} {2}\n# TYPE hardshell_{0} {1}\nhardshell_{0} {3}\n",
                        name, type, help, value);
    };
    line("requests_total", "counter", "Requests to the API.", requests_.load());
    line("refused_total", "counter", "Requests without a valid identity.", refused_.load());
    line("turns_total", "counter", "Turns accepted.", parts_.assistant.turns_total());
    line("turns_running", "gauge", "Turns that run now.", parts_.turns.running());
    line("ready", "gauge", "1 when every capability is open or refused by name.",
         parts_.ready() ? 1 : 0);
    return text;
}

}  // namespace hs::control
