#include "channels/slack.h"

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

constexpr std::size_t card_bytes_max = 2'800;  // a section takes 3,000
constexpr std::string_view json_type = "application/json; charset=utf-8";

std::string escaped(std::string_view text) {
    std::string out;
    for (const char c : text) {
        out += c == '&' ? "&amp;" : c == '<' ? "&lt;" : c == '>' ? "&gt;" : std::string(1, c);
    }
    return out;
}

Json section(const std::string& text) {
    return JsonObject{{"type", "section"},
                      {"text", JsonObject{{"type", "mrkdwn"}, {"text", text}}}};
}

// A card's own text stands in a code block, so that nothing in it can look like ours.
std::string fenced(std::string text) {
    for (std::size_t at = text.find("```"); at != std::string::npos; at = text.find("```")) {
        text.replace(at, 3, "'''");
    }
    std::string shown = escaped(text);
    // The escapes count too.
    while (shown.size() > card_bytes_max) {
        text = shortened(text, text.size() * 3 / 4);
        shown = escaped(text) + "\n…";
    }
    return "```\n" + shown + "\n```";
}

Json button(std::string_view label, std::string_view style, const std::string& value) {
    return JsonObject{{"type", "button"},
                      {"action_id", style == "primary" ? "approve" : "deny"},
                      {"style", style},
                      {"value", value},
                      {"text", JsonObject{{"type", "plain_text"}, {"text", label}}}};
}

Json blocks_of(const Card& card) {
    std::string facts = fmt::format("Valid until {} UTC · decision {}",
                                    base::format_time(card.expiry_ms).substr(11, 5), card.decision);
    if (!card.who.empty()) facts += " · may approve: " + escaped(card.who);
    JsonArray blocks{
        section("*An approval is needed*\n" + fenced(card.text)),
        JsonObject{{"type", "context"},
                   {"elements", JsonArray{JsonObject{{"type", "mrkdwn"}, {"text", facts}}}}},
        JsonObject{{"type", "actions"},
                   {"block_id", "approval"},
                   {"elements", JsonArray{button("Approve", "primary", card.approve),
                                          button("Deny", "danger", card.deny)}}}};
    return Json(std::move(blocks));
}

// Errors by which the Web API says that it is not the request's fault.
bool is_their_trouble(std::string_view error) {
    return error == "internal_error" || error == "fatal_error" || error == "service_unavailable" ||
           error == "request_timeout";
}

}  // namespace

const Traits& Slack::traits() const {
    static const Traits held{3'900, true, Traits::Dialect::slack};
    return held;
}

Health Slack::health() const {
    return health_.with([](const Health& held) { return held; });
}

void Slack::set_state(const std::string& state, const std::string& problem) {
    health_.with([&](Health& held) {
        held.state = state;
        held.problem = problem;
        if (state == "connected") ++held.connections;
    });
}

Result<Json> Slack::call(const std::string& method, const std::string& conversation,
                         const Json& body, const os::WakeUp* stop, const flow::Label& label) {
    WebRequest request;
    request.label = label;
    request.purpose = method;
    request.conversation = conversation;
    request.path = "/" + method;
    request.content_type = json_type;
    if (body.is_null()) request.content_type = "application/x-www-form-urlencoded";
    if (!body.is_null()) request.body = wire::canonical_json(body);
    if (method == "apps.connections.open") request.credential = "app_credential";
    const WebAnswer answer = TRY(passage_->exchange(request, stop));
    if (answer.status == 429) {
        return fail(Code::exhausted, "Slack asks to wait, " + std::to_string(answer.retry_ms));
    }
    const Json json = TRY(wire::parse_json(answer.body));
    if (look_true(json, {"ok"})) return json;
    return fail(Code::denied, fmt::format("Slack's {} says: {}", method,
                                          look_text(json, {"error"}).substr(0, 200)));
}

Result<> Slack::learn_us(const os::WakeUp* stop) {
    const Json json = TRY(call("auth.test", "", Json(), stop));
    us_.with([&](Us& held) {
        held = {look_text(json, {"user_id"}), look_text(json, {"team_id"})};
    });
    return {};
}

Result<std::string> Slack::probe() {
    TRY(learn_us(nullptr));
    TRY(call("apps.connections.open", "", Json(), nullptr));
    const Us us = us_.with([](const Us& held) { return held; });
    return fmt::format("both tokens hold: team {}, our user {}", us.team, us.user);
}

Result<Slack::Line> Slack::connect(const os::WakeUp& stop) {
    if (us_.with([](const Us& held) { return held.user.empty(); })) TRY(learn_us(&stop));
    const Json json = TRY(call("apps.connections.open", "", Json(), &stop));
    Line line = TRY(passage_->open(look_text(json, {"url"}), "", &stop));
    const std::string first = TRY(line->receive(os::Deadline::after_ms(times_.hello_ms), &stop));
    const SlackEvent event = TRY(parse_slack(first, ""));
    if (event.type != "hello") return fail(Code::invalid_input, "Slack did not say hello");
    set_state("connected");
    return line;
}

void Slack::run(Receiver& receiver, const os::WakeUp& stop) {
    std::int64_t pause_ms = 0;
    while (!stop.raised()) {
        auto line = connect(stop);
        if (line) {
            pause_ms = times_.retry_ms;
            const auto ended = serve(*line, receiver, stop);
            if (!ended && !stop.raised()) set_state("waiting", ended.error().what);
        } else if (!stop.raised()) {
            set_state("failed", line.error().what);
            pause_ms = std::min(std::max(pause_ms * 2, times_.retry_ms), times_.retry_max_ms);
        }
        if (os::wait_for(stop.fd(), os::Ready::readable, os::Deadline::after_ms(pause_ms))) break;
    }
    set_state("stopped");
}

// Until the connection ends. Where Slack announces the end, the next one is open before the old one
// is let go.
Result<> Slack::serve(Line& line, Receiver& receiver, const os::WakeUp& stop) {
    for (;;) {
        const std::string text = TRY(line->receive(os::Deadline::never(), &stop));
        if (!take(line, receiver, text)) continue;
        Line next = TRY(connect(stop));
        const os::Deadline until = os::Deadline::after_ms(times_.drain_ms);
        for (;;) {
            const auto late = line->receive(until, &stop);
            if (!late) break;
            take(line, receiver, *late);
        }
        line->close();
        line = std::move(next);
    }
}

bool Slack::take(const Line& line, Receiver& receiver, const std::string& text) {
    const std::string our_user = us_.with([](const Us& held) { return held.user; });
    auto event = parse_slack(text, our_user);
    if (!event) {
        receiver.note("Slack sent what is no envelope: " + event.error().what);
        return false;
    }
    if (!event->ignored.empty()) receiver.note("Slack sent " + event->ignored);
    if (event->type == "disconnect") return true;
    if (event->envelope.empty()) return false;
    const auto acknowledge = [line, envelope = event->envelope](const Result<>& kept) {
        if (!kept) return;  // Slack sends it again
        const Json answer = JsonObject{{"envelope_id", envelope}};
        static_cast<void>(line->send(wire::canonical_json(answer)).ok());
    };
    if (!event->message) {
        acknowledge({});
        return false;
    }
    health_.with([](Health& held) { ++held.received; });
    receiver.take(std::move(*event->message), acknowledge);
    return false;
}

// A message that is posted or changed; what the Web API says to it.
Sent Slack::post(const std::string& method, const std::string& conversation, Json body,
                 const flow::Label& label) {
    WebRequest request;
    request.label = label;
    request.purpose = method;
    request.conversation = conversation;
    request.path = "/" + method;
    request.content_type = json_type;
    request.body = wire::canonical_json(body);
    const auto answer = passage_->exchange(request, nullptr);
    if (!answer) {
        const Code code = answer.error().code;
        const bool never = code == Code::denied || code == Code::invalid_input;
        return {never ? Sent::How::refused : Sent::How::unsure, "", 0, answer.error().what};
    }
    if (answer->status == 429) {
        return {Sent::How::later, "", std::max<std::int64_t>(answer->retry_ms, 1'000),
                "rate limit"};
    }
    const auto json = wire::parse_json(answer->body);
    if (answer->status >= 500 || !json) return {Sent::How::unsure, "", 0, "Slack has trouble"};
    if (look_true(*json, {"ok"})) {
        health_.with([](Health& held) { ++held.sent; });
        return {Sent::How::sent, look_text(*json, {"ts"}), 0, ""};
    }
    const std::string error = look_text(*json, {"error"});
    if (error == "ratelimited") return {Sent::How::later, "", 1'000, error};
    return {is_their_trouble(error) ? Sent::How::unsure : Sent::How::refused, "", 0, error};
}

Sent Slack::send(const Outgoing& message) {
    Json body =
        JsonObject{{"channel", message.spot.conversation},
                   {"text", message.text},
                   {"unfurl_links", false},
                   {"unfurl_media", false},
                   // By this we find it again when it is not known whether it has arrived.
                   {"metadata", JsonObject{{"event_type", "hardshell_answer"},
                                           {"event_payload", JsonObject{{"key", message.key}}}}}};
    if (!message.spot.thread.empty()) body["thread_ts"] = message.spot.thread;
    return post("chat.postMessage", message.spot.conversation, std::move(body), message.label);
}

Result<std::string> Slack::find_sent(const Outgoing& message) {
    const bool threaded = !message.spot.thread.empty();
    WebRequest request;
    request.purpose = threaded ? "conversations.replies" : "conversations.history";
    request.conversation = message.spot.conversation;
    request.label = flow::Label::nothing();  // it only looks
    request.method = "GET";
    request.path =
        fmt::format("/{}?channel={}&limit=100&include_all_metadata=true", request.purpose,
                    wire::escape_url_component(message.spot.conversation));
    if (threaded) request.path += "&ts=" + wire::escape_url_component(message.spot.thread);
    const WebAnswer answer = TRY(passage_->exchange(request, nullptr));
    const Json json = TRY(wire::parse_json(answer.body));
    if (!look_true(json, {"ok"})) return fail(Code::io, "Slack does not show the conversation");
    for (const Json& held : look_list(json, {"messages"})) {
        if (look_text(held, {"metadata", "event_payload", "key"}) == message.key) {
            return look_text(held, {"ts"});
        }
    }
    return std::string();
}

Sent Slack::ask(const Card& card) {
    Json body = JsonObject{{"channel", card.spot.conversation},
                           {"text", "An approval is needed: " + escaped(shortened(card.text, 300))},
                           {"blocks", blocks_of(card)}};
    if (!card.spot.thread.empty()) body["thread_ts"] = card.spot.thread;
    return post("chat.postMessage", card.spot.conversation, std::move(body), card.label);
}

Result<> Slack::settle(const Posted& card, const std::string& text) {
    const Json body = JsonObject{{"channel", card.spot.conversation},
                                 {"ts", card.id},
                                 {"text", escaped(shortened(text, card_bytes_max))},
                                 {"blocks", JsonArray{section(fenced(text))}}};
    TRY(call("chat.update", card.spot.conversation, body, nullptr, card.label));
    return {};
}

void Slack::whisper(const Spot& spot, const Account& account, const std::string& text) {
    Json body =
        JsonObject{{"channel", spot.conversation}, {"user", account.user}, {"text", escaped(text)}};
    if (!spot.thread.empty()) body["thread_ts"] = spot.thread;
    static_cast<void>(
        call("chat.postEphemeral", spot.conversation, body, nullptr, flow::Label::nothing()).ok());
}

}  // namespace hs::channels
