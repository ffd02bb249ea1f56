// The OpenAI-compatible requests: POST /v1/chat/completions and GET /v1/models.
//
// System, assistant and tool messages that a client sends are material, never instructions of the
// person. The last user message is the person's own only if the token may speak for the person.

#include <fmt/format.h>
#include <unistd.h>

#include "control/api.h"
#include "crypto/hash.h"
#include "models/chat_json.h"

namespace hs::control {

using base::Code;
using base::fail;
using base::Result;
using wire::Json;

namespace {

constexpr std::size_t messages_max = 2000;
constexpr std::int64_t heartbeat_ms = 500;
constexpr std::size_t answer_bytes_max = std::size_t{16} << 20U;

Result<std::string> content_text(const Json& message) {
    const Json* content = message.find("content");
    if (content == nullptr || content->is_null()) return std::string();
    if (const std::string* text = content->text()) return *text;
    const auto* parts = content->array();
    if (parts == nullptr)
        return fail(Code::invalid_input, "\"content\" must be text or a list of parts");
    std::string text;
    for (const Json& part : *parts) {
        const std::string type = TRY(wire::text_at(part, "type"));
        if (type != "text" && type != "input_text") {
            return fail(
                Code::invalid_input,
                fmt::format("a content part of type \"{}\" is not supported; send text", type));
        }
        text += TRY(wire::text_at(part, "text"));
    }
    return text;
}

struct Wanted {
    std::string text;
    std::vector<models::Message> history;
    bool stream = false;
    bool usage = false;
    std::string user;
    std::string model;
    std::int64_t max_tokens = 0;
};

Result<> read_messages(const Json& body, Wanted& wanted) {
    const auto& messages = *TRY(wire::array_at(body, "messages"));
    if (messages.empty() || messages.size() > messages_max) {
        return fail(Code::invalid_input,
                    fmt::format("\"messages\" must have 1 to {} items", messages_max));
    }
    for (std::size_t i = 0; i < messages.size(); ++i) {
        const std::string role = TRY(wire::text_at(messages[i], "role"));
        std::string text = TRY(content_text(messages[i]));
        const bool last = i + 1 == messages.size();
        if (last && role != "user") {
            return fail(Code::invalid_input, "the last message must have the role \"user\"");
        }
        if (last) {
            wanted.text = std::move(text);
        } else if (role == "assistant") {
            if (!text.empty()) wanted.history.push_back(models::assistant_text(std::move(text)));
        } else if (role == "user") {
            wanted.history.push_back(models::user_text(std::move(text)));
        } else if (role == "system" || role == "developer" || role == "tool") {
            wanted.history.push_back(models::user_text(
                fmt::format("[{} message of the client, not of the person]\n{}", role, text)));
        } else {
            return fail(Code::invalid_input, fmt::format("\"{}\" is no role of a message", role));
        }
    }
    return {};
}

Result<Wanted> read_request(const Json& body) {
    Wanted wanted;
    TRY(read_messages(body, wanted));
    wanted.stream = TRY(wire::boolean_at_or(body, "stream", false));
    if (const Json* options = body.find("stream_options"); options && options->object()) {
        wanted.usage = TRY(wire::boolean_at_or(*options, "include_usage", false));
    }
    wanted.user = TRY(wire::text_at_or(body, "user", ""));
    wanted.model = TRY(wire::text_at_or(body, "model", ""));
    for (const char* key : {"max_tokens", "max_completion_tokens"}) {
        const Json* value = body.find(key);
        if (value != nullptr && !value->is_null())
            wanted.max_tokens = TRY(wire::integer_at(body, key));
    }
    if (wanted.max_tokens < 0) return fail(Code::invalid_input, "\"max_tokens\" is negative");
    return wanted;
}

Json usage_json(const Json& done) {
    const Json* usage = done.find("usage");
    const auto count = [&](const char* key) {
        const Json* value = usage != nullptr ? usage->find(key) : nullptr;
        return value != nullptr && value->integer() != nullptr ? *value->integer() : 0;
    };
    const std::int64_t prompt = count("input") + count("cache_read") + count("cache_write");
    return wire::JsonObject{{"prompt_tokens", prompt},
                            {"completion_tokens", count("output")},
                            {"total_tokens", prompt + count("output")}};
}

std::string finish_reason(const Json& done) {
    const std::string finish = wire::text_at_or(done, "finish", "").value();
    return finish == "max_tokens" ? "length" : finish == "refusal" ? "content_filter" : "stop";
}

std::string pending_text(const Json& pending) {
    return fmt::format("\n\n[Waiting for approval {}]\n{}\nAnswer it with: hardshell approvals",
                       wire::text_at_or(pending, "approval", "").value(),
                       wire::text_at_or(pending, "card", "").value());
}

// What both forms of the answer share.
struct Shape {
    std::string id;
    std::int64_t created = 0;
    std::string model = "hardshell";

    Json base(std::string_view object) const {
        return wire::JsonObject{
            {"id", "chatcmpl-" + id}, {"object", object}, {"created", created}, {"model", model}};
    }
    std::string chunk(Json delta, Json finish) const {
        Json json = base("chat.completion.chunk");
        Json choice;
        choice["index"] = 0;
        choice["delta"] = std::move(delta);
        choice["finish_reason"] = std::move(finish);
        json["choices"].push(std::move(choice));
        return "data: " + wire::canonical_json(json) + "\n\n";
    }
};

// Collects what a turn says for a client that wants it whole. When an approval is pending the
// client gets its id at once; the turn goes on, and the connection ends with that answer.
class WholeAnswer : public agent::TurnListener {
  public:
    WholeAnswer(net::HttpExchange& exchange, const Shape& shape, ClientWatch::Watched& client)
        : exchange_(exchange), shape_(shape), client_(client) {}

    void on_text(std::string_view delta) override {
        if (text_.size() + delta.size() <= answer_bytes_max) text_ += delta;
    }
    void on_tool(const Json&) override {}
    void on_notice(std::string_view) override {}
    void on_pending(const gate::Pending& pending) override {
        if (exchange_.begun()) return;
        client_.end();
        exchange_.close_after();
        Json data;
        data["approval"] = pending.approval;
        data["decision"] = pending.decision;
        data["card"] = pending.card;
        data["expiry_ms"] = pending.expiry_ms;
        text_ += pending_text(data);
        Json json = body(Json(wire::JsonObject{}));
        json["hardshell"]["approval"] = std::move(data);
        const auto told = answer_json(exchange_, json);
        static_cast<void>(told.ok());  // the approval waits also for a client that is gone
    }
    Result<> finish(const agent::TurnOutcome& outcome) {
        if (exchange_.begun()) return {};
        return answer_json(exchange_, body(to_json(outcome)));
    }

  private:
    Json body(const Json& done) const {
        Json json = shape_.base("chat.completion");
        Json choice;
        choice["index"] = 0;
        choice["message"]["role"] = "assistant";
        choice["message"]["content"] = text_;
        choice["finish_reason"] = finish_reason(done);
        json["choices"].push(std::move(choice));
        json["usage"] = usage_json(done);
        return json;
    }

    net::HttpExchange& exchange_;
    const Shape& shape_;
    ClientWatch::Watched& client_;
    std::string text_;
};

// Reads the feed to the end, to a pending approval, or until the client is gone.
struct Drain {
    TurnFeed& feed;
    net::HttpExchange& exchange;
    std::function<Result<>(std::string_view text)> on_text;
    Json done = {};

    Result<> run() {
        while (!feed.finished()) {
            const auto event = feed.next(heartbeat_ms);
            if (exchange.client_gone()) {
                feed.cancel().raise();
                return fail(Code::cancelled, "the client is gone");
            }
            if (!event) continue;
            if (event->kind == "text") TRY(on_text(*event->data.text()));
            if (event->kind == "failed") {
                return fail(Code::io, wire::text_at_or(event->data, "what", "failed").value());
            }
            if (event->kind == "done") done = event->data;
            if (event->kind == "pending") {
                // The client gets the id now; the turn goes on once somebody has answered.
                return on_text(pending_text(event->data));
            }
        }
        return {};
    }
};

}  // namespace

Result<> Api::models(net::HttpExchange& exchange) {
    Json list{wire::JsonArray{}};
    const auto add = [&](std::string_view id, std::string_view owner) {
        list.push(
            wire::JsonObject{{"id", id}, {"object", "model"}, {"created", 0}, {"owned_by", owner}});
    };
    add("hardshell", "hardshell");
    for (const auto& route : parts_.assistant.router().routes()) {
        const std::string name(route.provider->name());
        add(route.model.empty() ? name : name + "/" + route.model, name);
    }
    return answer_json(exchange, wire::JsonObject{{"object", "list"}, {"data", std::move(list)}});
}

Result<> Api::chat_completions(net::HttpExchange& exchange, const Caller& caller) {
    TRY(require(caller, Scope::talk));
    Wanted wanted = TRY(read_request(TRY(json_body(exchange, request_bytes_max))));
    agent::TurnRequest request;
    if (!wanted.model.empty() && wanted.model != "hardshell") {
        request.route = TRY(parts_.assistant.router().route_named(wanted.model));
    }
    request.text = std::move(wanted.text);
    request.person = fmt::format("uid {}", ::geteuid());
    request.origin = caller.origin;
    request.max_tokens = wanted.max_tokens;
    request.project = parts_.settings.text("api.project");
    request.label = caller.scopes.has(Scope::person) ? flow::Label::of_person(request.person)
                                                     : flow::Label::unknown();
    if (!wanted.user.empty()) {
        // The same token and user find their session again; what the client repeats is ignored.
        const auto digest = crypto::sha256(base::bytes_of(caller.name + '\0' + wanted.user));
        request.session = "api-" + base::to_hex(digest).substr(0, 24);
        request.missing = agent::TurnRequest::Missing::create;
    } else {
        request.history = std::move(wanted.history);
    }
    return wanted.stream ? stream_answer(exchange, request, wanted.usage)
                         : whole_answer(exchange, request);
}

Result<> Api::whole_answer(net::HttpExchange& exchange, agent::TurnRequest& request) {
    Result<> answered;
    TRY(parts_.turns.run_here(request, [&](const os::WakeUp& cancel) {
        const Shape shape{request.turn, parts_.clock.wall_ms() / 1000};
        ClientWatch::Watched client(parts_.turns.clients(), exchange.descriptor(), cancel);
        WholeAnswer listener(exchange, shape, client);
        const auto outcome = parts_.assistant.run(std::move(request), listener, cancel);
        answered = outcome ? listener.finish(*outcome) : fail(Code::io, outcome.error().what);
    }));
    return answered;
}

Result<> Api::stream_answer(net::HttpExchange& exchange, agent::TurnRequest& request, bool usage) {
    const auto feed = TRY(parts_.turns.start(request));
    const Shape shape{request.turn, parts_.clock.wall_ms() / 1000};
    net::ResponseHead head;
    head.headers.add("Content-Type", "text/event-stream");
    head.headers.add("Cache-Control", "no-store");
    TRY(exchange.begin(std::move(head)));
    TRY(exchange.write(
        shape.chunk(wire::JsonObject{{"role", "assistant"}, {"content", ""}}, Json())));
    Drain drain{*feed, exchange, [&](std::string_view part) {
                    return exchange.write(shape.chunk(wire::JsonObject{{"content", part}}, Json()));
                }};
    const auto drained = drain.run();
    if (!drained) {
        if (drained.error().code == Code::cancelled) return {};
        Json problem;
        problem["error"]["message"] = drained.error().what;
        TRY(exchange.write("data: " + wire::canonical_json(problem) + "\n\n"));
    } else {
        TRY(exchange.write(shape.chunk(Json(wire::JsonObject{}), Json(finish_reason(drain.done)))));
    }
    if (usage) {
        Json last = shape.base("chat.completion.chunk");
        last["choices"] = Json(wire::JsonArray{});
        last["usage"] = usage_json(drain.done);
        TRY(exchange.write("data: " + wire::canonical_json(last) + "\n\n"));
    }
    TRY(exchange.write("data: [DONE]\n\n"));
    return exchange.finish();
}

}  // namespace hs::control
