#include "channels/webhook.h"

#include <fmt/format.h>

#include "channels/look.h"
#include "channels/text.h"

namespace hs::channels {

using base::Code;
using base::fail;
using base::Result;
using wire::Json;
using wire::JsonObject;

namespace {

constexpr std::size_t body_bytes_max = std::size_t{256} << 10U;
constexpr std::size_t text_bytes_most = 60'000;
constexpr std::size_t begin_text_max = 4'096;
constexpr std::size_t id_bytes_max = 128;

// An id that a sender chose: short, and nothing in it that could look like more than one.
Result<std::string> id_at(const Json& data, std::string_view key) {
    std::string id = TRY(wire::text_at_or(data, key, ""));
    const bool plain = id.size() <= id_bytes_max && std::all_of(id.begin(), id.end(), [](char c) {
                           return c > 0x20 && c < 0x7f;
                       });
    if (!plain) {
        return fail(Code::invalid_input,
                    fmt::format("\"{}\" must be at most 128 visible characters", key));
    }
    return id;
}

}  // namespace

Result<Incoming> parse_webhook(const std::string& id, std::string_view text) {
    if (text.size() > body_bytes_max) return fail(Code::exhausted, "the request is too long");
    if (id.empty()) return fail(Code::invalid_input, "the request has no id");
    const Json json = TRY(wire::parse_json(text));
    const std::string type = TRY(wire::text_at(json, "type"));
    const Json* data = json.find("data");
    if (data == nullptr || data->object() == nullptr) {
        return fail(Code::invalid_input, "\"data\" must be an object");
    }
    Incoming made;
    made.id = id;
    made.text = TRY(wire::text_at_or(*data, "text", ""));
    if (type == "schedule.begin") {
        made.schedule = TRY(id_at(*data, "schedule"));
        if (made.schedule.empty() || made.text.size() > begin_text_max) {
            return fail(Code::invalid_input,
                        "\"schedule\" must name one, and \"text\" have at most 4,096 bytes");
        }
        made.spot.conversation = "schedule " + made.schedule;
        return made;
    }
    if (type != "message") {
        return fail(Code::invalid_input, "an event of the type " + type.substr(0, 64));
    }
    made.from = {TRY(id_at(*data, "tenant")), TRY(id_at(*data, "user"))};
    made.spot = {TRY(id_at(*data, "conversation")), TRY(id_at(*data, "thread"))};
    if (made.from.user.empty() || made.spot.conversation.empty()) {
        return fail(Code::invalid_input, "a message names its user and its conversation");
    }
    made.is_direct = TRY(wire::boolean_at_or(*data, "direct", false));
    made.is_named = TRY(wire::boolean_at_or(*data, "named", false));
    made.is_passed_on = TRY(wire::boolean_at_or(*data, "forwarded", false));
    return made;
}

const Traits& Webhook::traits() const {
    static const Traits held{text_bytes_most, true, Traits::Dialect::markdown};
    return held;
}

Health Webhook::health() const {
    return health_.with([](const Health& held) { return held; });
}

void Webhook::run(Receiver& receiver, const os::WakeUp& stop) {
    Listening(*passage_, health_, times_)
        .listen_until(stop, receiver,
                      [&](const egress::Hook& hook, std::function<void(bool)> kept) {
                          take(receiver, hook, std::move(kept));
                      });
}

void Webhook::take(Receiver& receiver, const egress::Hook& hook, std::function<void(bool)> kept) {
    auto message = parse_webhook(hook.id, hook.body);
    if (!message) {
        receiver.note("the webhook sent what is not understood: " + message.error().what);
        return kept(true);  // a repetition would say the same
    }
    health_.with([](Health& held) { ++held.received; });
    receiver.take(std::move(*message), AllKept::of(1, std::move(kept)));
}

Result<std::string> Webhook::probe() {
    const auto& setting = passage_->setting();
    const Health held = Listening::await_connected(health_);
    if (held.state != "connected") {
        return fail(Code::io, fmt::format("the listener is {}: {}", held.state, held.problem));
    }
    return fmt::format("it takes signed requests at http://{}:{}{}{}", gate::listen_host,
                       setting.listen_port, gate::listen_target(setting),
                       setting.url.empty() ? "; answers go nowhere, for it has no url" : "");
}

Sent Webhook::post(const std::string& type, const Spot& spot, Json data, const flow::Label& label) {
    if (passage_->setting().url.empty()) {
        return {
            Sent::How::refused, "", 0,
            fmt::format("channel.{}.url names no address for answers", passage_->setting().name)};
    }
    data["conversation"] = spot.conversation;
    data["thread"] = spot.thread;
    const Json* key = data.find("key");
    const std::string id = key != nullptr && key->text() != nullptr ? *key->text() : "";
    WebRequest request;
    request.label = label;
    request.purpose = type;
    request.conversation = spot.conversation;
    request.content_type = "application/json";
    request.body = wire::canonical_json(JsonObject{{"type", type}, {"data", std::move(data)}});
    request.credential = passage_->setting().credential.empty() ? "" : "credential";
    const auto answer = passage_->exchange(request, nullptr);
    if (!answer) {
        const Code code = answer.error().code;
        const bool never = code == Code::denied || code == Code::invalid_input;
        // The key makes a repetition harmless.
        return {never ? Sent::How::refused : Sent::How::later, "", 1'000, answer.error().what};
    }
    if (answer->status == 429 || answer->status >= 500) {
        return {Sent::How::later, "", std::max<std::int64_t>(answer->retry_ms, 1'000),
                fmt::format("status {}", answer->status)};
    }
    if (answer->status >= 300) {
        return {Sent::How::refused, "", 0, fmt::format("status {}", answer->status)};
    }
    health_.with([](Health& held) { ++held.sent; });
    return {Sent::How::sent, id, 0, ""};
}

Sent Webhook::send(const Outgoing& message) {
    return post("answer", message.spot, JsonObject{{"text", message.text}, {"key", message.key}},
                message.label);
}

Sent Webhook::ask(const Card& card) {
    return post("approval", card.spot,
                JsonObject{{"text", card.text},
                           {"key", card.approval},
                           {"decision", card.decision},
                           {"who", card.who},
                           {"expires", base::format_time(card.expiry_ms)},
                           {"approve", card.approve},
                           {"deny", card.deny}},
                card.label);
}

Result<> Webhook::settle(const Posted& card, const std::string& text) {
    const Sent sent = post("approval.settled", card.spot,
                           JsonObject{{"text", text}, {"key", card.id}}, card.label);
    return sent.how == Sent::How::sent ? Result<>() : Result<>(fail(Code::io, sent.what));
}

}  // namespace hs::channels
