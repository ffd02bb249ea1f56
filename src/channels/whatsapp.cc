#include "channels/whatsapp.h"

#include <fmt/format.h>

#include "channels/look.h"
#include "channels/text.h"

namespace hs::channels {

using base::Code;
using base::fail;
using base::Result;
using wire::Json;
using wire::JsonArray;
using wire::JsonObject;

namespace {

constexpr std::size_t text_bytes_most = 4'000;  // 4,096 characters
constexpr std::size_t body_bytes_max = 1'000;   // of a message with buttons: 1,024 characters
constexpr std::size_t seen_max = 2'000;

// Errors of the Graph API that ask to wait (developers.facebook.com/docs/whatsapp/cloud-api/
// support/error-codes): the app's, the account's and the pair's rate.
bool asks_to_wait(std::int64_t code) {
    return code == 4 || code == 80'007 || code == 130'429 || code == 131'056;
}

Json text_body(const std::string& text) {
    return JsonObject{{"type", "text"},
                      {"text", JsonObject{{"body", text}, {"preview_url", false}}}};
}

Json button(const std::string& id, std::string_view title) {
    return JsonObject{{"type", "reply"}, {"reply", JsonObject{{"id", id}, {"title", title}}}};
}

}  // namespace

const Traits& WhatsApp::traits() const {
    static const Traits held{text_bytes_most, true, Traits::Dialect::plain};
    return held;
}

Health WhatsApp::health() const {
    return health_.with([](const Health& held) { return held; });
}

void WhatsApp::run(Receiver& receiver, const os::WakeUp& stop) {
    Listening(*passage_, health_, times_)
        .listen_until(stop, receiver,
                      [&](const egress::Hook& hook, std::function<void(bool)> kept) {
                          take(receiver, hook, std::move(kept));
                      });
}

void WhatsApp::take(Receiver& receiver, const egress::Hook& hook, std::function<void(bool)> kept) {
    auto news = parse_whatsapp(hook.body, passage_->setting().account, clock_.wall_ms());
    if (!news) {
        // It is signed, so a repetition would say the same.
        receiver.note("WhatsApp sent what is not understood: " + news.error().what);
        return kept(true);
    }
    for (const std::string& what : news->notes) receiver.note("WhatsApp sent " + what);
    seen_.with([&](Seen& held) {
        for (auto& [key, id] : news->seen) {
            if (!held.ids.emplace(key, id).second) continue;
            held.order.push_back(key);
            if (held.order.size() <= seen_max) continue;
            held.ids.erase(held.order.front());
            held.order.pop_front();
        }
    });
    health_.with([&](Health& held) { held.received += news->messages.size(); });
    const auto one = AllKept::of(news->messages.size(), std::move(kept));
    for (Incoming& message : news->messages) receiver.take(std::move(message), one);
}

Result<std::string> WhatsApp::probe() {
    WebRequest request;
    request.purpose = "phone_number";
    request.method = "GET";
    request.path = "/" + passage_->setting().account + "?fields=display_phone_number,verified_name";
    const WebAnswer answer = TRY(passage_->exchange(request, nullptr));
    const Json json = TRY(wire::parse_json(answer.body));
    if (answer.status != 200) {
        return fail(Code::denied,
                    "WhatsApp says: " + look_text(json, {"error", "message"}).substr(0, 200));
    }
    const Health held = Listening::await_connected(health_);
    return fmt::format("the token holds: {} ({}); the listener is {}{}",
                       look_text(json, {"display_phone_number"}),
                       look_text(json, {"verified_name"}), held.state,
                       held.problem.empty() ? "" : ": " + held.problem);
}

Sent WhatsApp::post(const std::string& conversation, Json body, const flow::Label& label) {
    body["messaging_product"] = "whatsapp";
    body["recipient_type"] = "individual";
    body["to"] = conversation;
    WebRequest request;
    request.label = label;
    request.purpose = "messages";
    request.conversation = conversation;
    request.path = "/" + passage_->setting().account + "/messages";
    request.content_type = "application/json";
    request.body = wire::canonical_json(body);
    const auto answer = passage_->exchange(request, nullptr);
    if (!answer) {
        const Code code = answer.error().code;
        const bool never = code == Code::denied || code == Code::invalid_input;
        return {never ? Sent::How::refused : Sent::How::unsure, "", 0, answer.error().what};
    }
    const auto json = wire::parse_json(answer->body);
    const std::int64_t code = json ? look_number(*json, {"error", "code"}) : 0;
    if (answer->status == 429 || asks_to_wait(code)) {
        return {Sent::How::later, "", std::max<std::int64_t>(answer->retry_ms, 2'000), "limit"};
    }
    if (answer->status >= 500 || !json) return {Sent::How::unsure, "", 0, "WhatsApp has trouble"};
    if (answer->status != 200) {
        return {Sent::How::refused, "", 0,
                fmt::format("{} {}", code, look_text(*json, {"error", "message"}).substr(0, 200))};
    }
    const JsonArray& sent = look_list(*json, {"messages"});
    health_.with([](Health& held) { ++held.sent; });
    return {Sent::How::sent, sent.empty() ? "" : look_text(sent.front(), {"id"}), 0, ""};
}

Sent WhatsApp::send(const Outgoing& message) {
    Json body = text_body(message.text);
    // It comes back in the statuses: by it we know that the message has arrived.
    body["biz_opaque_callback_data"] = message.key;
    return post(message.spot.conversation, std::move(body), message.label);
}

Result<std::string> WhatsApp::find_sent(const Outgoing& message) {
    return seen_.with([&](const Seen& held) {
        const auto found = held.ids.find(message.key);
        return found == held.ids.end() ? std::string() : found->second;
    });
}

Sent WhatsApp::ask(const Card& card) {
    std::string facts = fmt::format("Valid until {} UTC, decision {}",
                                    base::format_time(card.expiry_ms).substr(11, 5), card.decision);
    if (!card.who.empty()) facts += ". May approve: " + card.who;
    std::string text = fmt::format("An approval is needed\n\n{}\n\n{}", card.text, facts);
    if (text.size() > body_bytes_max) {
        // A message with buttons is too short for it: the whole card comes in front.
        const Sent whole =
            post(card.spot.conversation, text_body(shortened(text, text_bytes_most)), card.label);
        if (whole.how != Sent::How::sent) return whole;
        text = shortened("The approval above. " + facts, body_bytes_max);
    }
    const Json body = JsonObject{
        {"type", "interactive"},
        {"interactive",
         JsonObject{{"type", "button"},
                    {"body", JsonObject{{"text", text}}},
                    {"action", JsonObject{{"buttons", JsonArray{button(card.approve, "Approve"),
                                                                button(card.deny, "Deny")}}}}}}};
    return post(card.spot.conversation, body, card.label);
}

// WhatsApp's messages are not edited: the outcome is a message that quotes the card.
Result<> WhatsApp::settle(const Posted& card, const std::string& text) {
    Json body = text_body(shortened(text, text_bytes_most));
    body["context"] = JsonObject{{"message_id", card.id}};
    const Sent sent = post(card.spot.conversation, std::move(body), card.label);
    return sent.how == Sent::How::sent ? Result<>() : Result<>(fail(Code::io, sent.what));
}

}  // namespace hs::channels
