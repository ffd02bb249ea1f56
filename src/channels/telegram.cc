#include "channels/telegram.h"

#include <fmt/format.h>

#include <condition_variable>
#include <mutex>

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

constexpr std::size_t answer_bytes_max = std::size_t{1} << 20U;
constexpr std::size_t updates_max = 100;
constexpr std::size_t card_bytes_max = 3'500;
constexpr std::int64_t kept_ms = 60'000;

std::string id_text(const Json& json, std::initializer_list<std::string_view> path) {
    const Json* found = look(json, path);
    return found != nullptr && found->integer() != nullptr ? std::to_string(*found->integer()) : "";
}

void take_out(std::string& text, const std::string& mention) {
    const std::size_t at = text.find(mention);
    if (at != std::string::npos) text.erase(at, mention.size());
}

std::optional<Incoming> message_of(const Json& held, const std::string& our_id,
                                   const std::string& our_name) {
    Incoming message;
    message.spot.conversation = id_text(held, {"chat", "id"});
    const std::string number = id_text(held, {"message_id"});
    message.from.user = id_text(held, {"from", "id"});
    // A group or a channel that writes as itself is no person.
    const bool is_person = !message.from.user.empty() && !look_true(held, {"from", "is_bot"}) &&
                           look(held, {"sender_chat"}) == nullptr && message.from.user != our_id;
    if (!is_person || message.spot.conversation.empty() || number.empty()) return std::nullopt;
    message.id = message.spot.conversation + ":" + number;
    if (look_true(held, {"is_topic_message"})) {
        message.spot.thread = id_text(held, {"message_thread_id"});
    }
    message.is_direct = look_text(held, {"chat", "type"}) == "private";
    message.text = look_text(held, {"text"});
    const std::string mention = "@" + our_name;
    message.is_named =
        (!our_name.empty() && message.text.find(mention) != std::string::npos) ||
        (!our_id.empty() && id_text(held, {"reply_to_message", "from", "id"}) == our_id);
    if (!our_name.empty()) take_out(message.text, mention);
    message.is_passed_on =
        look(held, {"forward_origin"}) != nullptr || look(held, {"forward_date"}) != nullptr;
    message.files = look(held, {"document"}) != nullptr || look(held, {"photo"}) != nullptr ? 1 : 0;
    return message;
}

std::int64_t number_of(const std::string& text) {
    return std::strtoll(text.c_str(), nullptr, 10);
}

// Counts messages that are on their way to the disk.
class Pending {
  public:
    void add() {
        const std::scoped_lock lock(mutex_);
        ++count_;
    }
    void done(const Result<>& kept) {
        const std::scoped_lock lock(mutex_);
        --count_;
        failed_ = failed_ || !kept;
        changed_.notify_all();
    }
    bool all_kept() {
        std::unique_lock lock(mutex_);
        const auto until = os::Deadline::after_ms(kept_ms).at();
        return changed_.wait_until(lock, until, [this] { return count_ == 0; }) && !failed_;
    }

  private:
    std::mutex mutex_;
    std::condition_variable changed_;
    int count_ = 0;
    bool failed_ = false;
};

}  // namespace

Result<std::vector<TelegramUpdate>> parse_telegram(std::string_view text, const std::string& our_id,
                                                   const std::string& our_name) {
    if (text.size() > answer_bytes_max) return fail(Code::exhausted, "Telegram sent too much");
    const Json json = TRY(wire::parse_json(text));
    if (!look_true(json, {"ok"})) {
        return fail(Code::denied,
                    "Telegram says: " + look_text(json, {"description"}).substr(0, 200));
    }
    std::vector<TelegramUpdate> updates;
    for (const Json& held : look_list(json, {"result"})) {
        if (updates.size() >= updates_max) break;
        TelegramUpdate update;
        update.id = look_number(held, {"update_id"});
        if (const Json* message = look(held, {"message"})) {
            update.message = message_of(*message, our_id, our_name);
        }
        update.press = look_text(held, {"callback_query", "id"});
        updates.push_back(std::move(update));
    }
    return updates;
}

const Traits& Telegram::traits() const {
    static const Traits held{4'000, true, Traits::Dialect::plain};
    return held;
}

Health Telegram::health() const {
    return health_.with([](const Health& held) { return held; });
}

void Telegram::set_state(const std::string& state, const std::string& problem) {
    health_.with([&](Health& held) {
        if (state == "connected" && held.state != state) ++held.connections;
        held.state = state;
        held.problem = problem;
    });
}

Result<WebAnswer> Telegram::call(const std::string& method, const std::string& conversation,
                                 const Json& body, const os::WakeUp* stop, std::int64_t wait_ms,
                                 const flow::Label& label) {
    WebRequest request;
    request.label = label;
    request.purpose = method;
    request.conversation = conversation;
    request.path = "/bot{credential}/" + method;
    request.content_type = "application/json";
    request.body = wire::canonical_json(body);
    request.wait_ms = wait_ms;
    return passage_->exchange(request, stop);
}

Result<> Telegram::learn_us(const os::WakeUp* stop) {
    const WebAnswer answer = TRY(call("getMe", "", Json(JsonObject{}), stop));
    const Json json = TRY(wire::parse_json(answer.body));
    if (!look_true(json, {"ok"})) {
        return fail(Code::denied,
                    "Telegram says: " + look_text(json, {"description"}).substr(0, 200));
    }
    us_.with([&](Us& held) {
        held = {id_text(json, {"result", "id"}), look_text(json, {"result", "username"})};
    });
    return {};
}

Result<std::string> Telegram::probe() {
    TRY(learn_us(nullptr));
    return "the token holds: @" + us_.with([](const Us& held) { return held.name; });
}

void Telegram::run(Receiver& receiver, const os::WakeUp& stop) {
    std::int64_t pause_ms = 0;
    while (!stop.raised()) {
        const auto polled = poll(receiver, stop);
        if (polled) {
            pause_ms = *polled == Polled::nothing_at_once ? times_.spin_ms : 0;
        } else if (!stop.raised()) {
            set_state("failed", polled.error().what);
            pause_ms = std::min(std::max(pause_ms * 2, times_.retry_ms), times_.retry_max_ms);
        }
        if (pause_ms > 0 &&
            os::wait_for(stop.fd(), os::Ready::readable, os::Deadline::after_ms(pause_ms))) {
            break;
        }
    }
    set_state("stopped");
}

Result<Telegram::Polled> Telegram::poll(Receiver& receiver, const os::WakeUp& stop) {
    if (us_.with([](const Us& held) { return held.id.empty(); })) TRY(learn_us(&stop));
    const Us us = us_.with([](const Us& held) { return held; });
    const Json body = JsonObject{{"offset", offset_},
                                 {"timeout", times_.poll_s},
                                 {"limit", static_cast<std::int64_t>(updates_max)},
                                 {"allowed_updates", JsonArray{"message", "callback_query"}}};
    const os::Deadline at_once = os::Deadline::after_ms(times_.spin_ms);
    const WebAnswer answer = TRY(call("getUpdates", "", body, &stop, (times_.poll_s + 15) * 1'000));
    const auto updates = TRY(parse_telegram(answer.body, us.id, us.name));
    set_state("connected");
    const auto pending = std::make_shared<Pending>();
    std::int64_t next = offset_;
    for (const TelegramUpdate& update : updates) {
        next = std::max(next, update.id + 1);
        if (!update.press.empty()) answer_press(update.press);
        if (!update.message) continue;
        health_.with([](Health& held) { ++held.received; });
        pending->add();
        receiver.take(*update.message, [pending](const Result<>& kept) { pending->done(kept); });
    }
    // What is not durable is asked for again; repetitions are known by their ids.
    if (!pending->all_kept()) return fail(Code::exhausted, "messages could not be kept");
    offset_ = next;
    return updates.empty() && !at_once.passed() ? Polled::nothing_at_once : Polled::well;
}

// The platform shows a clock on the button until then.
void Telegram::answer_press(const std::string& query) {
    static_cast<void>(
        call("answerCallbackQuery", "", JsonObject{{"callback_query_id", query}}, nullptr).ok());
}

Sent Telegram::post(const std::string& method, const std::string& conversation, const Json& body,
                    const flow::Label& label) {
    const auto answer = call(method, conversation, body, nullptr, 30'000, label);
    if (!answer) {
        const Code code = answer.error().code;
        const bool never = code == Code::denied || code == Code::invalid_input;
        return {never ? Sent::How::refused : Sent::How::unsure, "", 0, answer.error().what};
    }
    const auto json = wire::parse_json(answer->body);
    if (answer->status == 429 && json) {
        const std::int64_t wait_s = look_number(*json, {"parameters", "retry_after"});
        return {Sent::How::later, "", std::clamp<std::int64_t>(wait_s, 1, 600) * 1'000, "limit"};
    }
    if (answer->status >= 500 || !json) return {Sent::How::unsure, "", 0, "Telegram has trouble"};
    if (!look_true(*json, {"ok"})) {
        return {Sent::How::refused, "", 0, look_text(*json, {"description"}).substr(0, 200)};
    }
    health_.with([](Health& held) { ++held.sent; });
    return {Sent::How::sent, id_text(*json, {"result", "message_id"}), 0, ""};
}

namespace {

Json said(const Spot& spot, const std::string& text) {
    Json body = JsonObject{{"chat_id", spot.conversation},
                           {"text", text},
                           {"link_preview_options", JsonObject{{"is_disabled", true}}}};
    if (!spot.thread.empty()) {
        body["message_thread_id"] = number_of(spot.thread);
    }
    return body;
}

}  // namespace

Sent Telegram::send(const Outgoing& message) {
    return post("sendMessage", message.spot.conversation, said(message.spot, message.text),
                message.label);
}

Sent Telegram::ask(const Card& card) {
    std::string text = fmt::format("An approval is needed\n\n{}\n\nValid until {} UTC, decision {}",
                                   shortened(card.text, card_bytes_max),
                                   base::format_time(card.expiry_ms).substr(11, 5), card.decision);
    if (!card.who.empty()) text += "\nMay approve: " + card.who;
    Json body = said(card.spot, text);
    body["reply_markup"] = JsonObject{
        {"inline_keyboard",
         JsonArray{JsonArray{JsonObject{{"text", "Approve"}, {"callback_data", card.approve}},
                             JsonObject{{"text", "Deny"}, {"callback_data", card.deny}}}}}};
    return post("sendMessage", card.spot.conversation, body, card.label);
}

Result<> Telegram::settle(const Posted& card, const std::string& text) {
    const Json body = JsonObject{{"chat_id", card.spot.conversation},
                                 {"message_id", number_of(card.id)},
                                 {"text", shortened(text, card_bytes_max)}};
    const Sent sent = post("editMessageText", card.spot.conversation, body, card.label);
    return sent.how == Sent::How::sent ? Result<>() : Result<>(fail(Code::io, sent.what));
}

void Telegram::typing(const Spot& spot) {
    static_cast<void>(call("sendChatAction", spot.conversation,
                           JsonObject{{"chat_id", spot.conversation}, {"action", "typing"}},
                           nullptr, 30'000, flow::Label::nothing())
                          .ok());
}

}  // namespace hs::channels
