#include "channels/discord.h"

#include <fmt/format.h>

#include <chrono>
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

// GUILDS, GUILD_MESSAGES, DIRECT_MESSAGES, MESSAGE_CONTENT.
constexpr std::int64_t intents = (1 << 0) | (1 << 9) | (1 << 12) | (1 << 15);
constexpr std::size_t card_bytes_max = 1'700;
constexpr std::size_t nonce_bytes_max = 25;
constexpr std::int64_t beat_min_ms = 1'000;
constexpr std::int64_t beat_max_ms = 300'000;

// Close codes after which connecting again changes nothing: a bad token, shards, version, intents.
bool is_fatal(std::string_view what) {
    for (const char* code : {"4004", "4010", "4011", "4012", "4013", "4014"}) {
        if (what.find(std::string("closed with ") + code) != std::string_view::npos) return true;
    }
    return false;
}

std::string path_part(std::string_view text) {
    return wire::escape_url_component(text);
}

Json buttons_of(const Card& card) {
    const auto button = [](std::string_view label, std::int64_t style, const std::string& id) {
        return Json(JsonObject{{"type", 2}, {"style", style}, {"label", label}, {"custom_id", id}});
    };
    return JsonArray{JsonObject{{"type", 1},
                                {"components", JsonArray{button("Approve", 3, card.approve),
                                                         button("Deny", 4, card.deny)}}}};
}

std::string fenced(std::string text) {
    for (std::size_t at = text.find("```"); at != std::string::npos; at = text.find("```")) {
        text.replace(at, 3, "'''");
    }
    return "```\n" + shortened(text, card_bytes_max) + "\n```";
}

}  // namespace

// The event up to which everything is durable. Events are kept in the order in which they came.
struct Discord::Kept {
    std::mutex mutex;
    std::int64_t sequence = 0;
    int waiting = 0;
    bool broken = false;

    void pass(std::int64_t seen) {
        const std::scoped_lock lock(mutex);
        if (waiting == 0 && !broken) sequence = std::max(sequence, seen);
    }
    void begin() {
        const std::scoped_lock lock(mutex);
        ++waiting;
    }
    void end(std::int64_t seen, bool kept) {
        const std::scoped_lock lock(mutex);
        --waiting;
        broken = broken || !kept;
        if (!broken) sequence = std::max(sequence, seen);
    }
    std::int64_t now() {
        const std::scoped_lock lock(mutex);
        return sequence;
    }
};

// When the next heartbeat is due, and whether the last one was answered.
class Discord::Beat {
  public:
    Beat(std::int64_t interval_ms, base::Random& random)
        : interval_ms_(std::clamp(interval_ms, beat_min_ms, beat_max_ms)),
          due_(os::Deadline::after_ms(jitter(random))) {}
    os::Deadline due() const { return due_; }
    bool answered() const { return answered_; }
    void sent() {
        answered_ = false;
        due_ = os::Deadline::after_ms(interval_ms_);
    }
    void answer() { answered_ = true; }

  private:
    std::int64_t jitter(base::Random& random) const {
        std::array<std::uint8_t, 2> bytes{};
        random.fill(bytes);
        return interval_ms_ * (bytes[0] * 256 + bytes[1]) / 65'536;
    }
    std::int64_t interval_ms_;
    os::Deadline due_;
    bool answered_ = true;
};

const Traits& Discord::traits() const {
    static const Traits held{1'950, true, Traits::Dialect::markdown};
    return held;
}

Health Discord::health() const {
    return health_.with([](const Health& held) { return held; });
}

void Discord::set_state(const std::string& state, const std::string& problem) {
    health_.with([&](Health& held) {
        if (state == "connected") ++held.connections;
        held.state = state;
        held.problem = problem;
    });
}

Result<WebAnswer> Discord::call(const std::string& method, const std::string& path,
                                const std::string& conversation, const Json& body,
                                const os::WakeUp* stop, const std::string& credential,
                                const flow::Label& label) {
    WebRequest request;
    request.label = label;
    request.purpose = method + " " + path.substr(0, path.find('/', 1));
    request.conversation = conversation;
    request.method = method;
    request.path = path;
    request.credential = credential;
    if (!body.is_null()) {
        request.content_type = "application/json";
        request.body = wire::canonical_json(body);
    }
    return passage_->exchange(request, stop);
}

Result<std::string> Discord::probe() {
    const WebAnswer answer = TRY(call("GET", "/users/@me", "", Json(), nullptr, "credential"));
    const Json json = TRY(wire::parse_json(answer.body));
    if (answer.status != 200) {
        return fail(Code::denied, "Discord says: " + look_text(json, {"message"}).substr(0, 200));
    }
    return "the token holds: " + look_text(json, {"username"});
}

void Discord::run(Receiver& receiver, const os::WakeUp& stop) {
    kept_ = std::make_shared<Kept>();
    std::int64_t pause_ms = times_.retry_ms;
    while (!stop.raised()) {
        const std::uint64_t before = health().connections;
        const auto ended = serve(receiver, stop);
        if (stop.raised()) break;
        const bool was_there = health().connections != before;
        const std::string what = ended ? "" : ended.error().what;
        set_state(was_there ? "waiting" : "failed", what);
        pause_ms = was_there ? times_.retry_ms : std::min(pause_ms * 2, times_.retry_max_ms);
        if (is_fatal(what)) {
            set_state("failed", what + "; check the token and the intents");
            pause_ms = times_.fatal_ms;
        }
        if (os::wait_for(stop.fd(), os::Ready::readable, os::Deadline::after_ms(pause_ms))) break;
    }
    set_state("stopped");
}

// One connection, from Hello to its end.
Result<> Discord::serve(Receiver& receiver, const os::WakeUp& stop) {
    std::string url = session_.url;
    if (url.empty()) {
        const WebAnswer answer = TRY(call("GET", "/gateway/bot", "", Json(), &stop, "credential"));
        const Json json = TRY(wire::parse_json(answer.body));
        url = look_text(json, {"url"});
        if (url.empty()) {
            return fail(Code::denied,
                        "Discord names no gateway: " + look_text(json, {"message"}).substr(0, 200));
        }
    }
    const auto line = TRY(passage_->open(url + "/?v=10&encoding=json", "app_credential", &stop));
    const std::string first = TRY(line->receive(os::Deadline::after_ms(times_.hello_ms), &stop));
    const DiscordEvent hello = TRY(parse_discord(first, ""));
    if (hello.op != 10) return fail(Code::invalid_input, "Discord did not say hello");
    Beat beat(hello.heartbeat_ms, random_);
    TRY(greet(*line));
    for (;;) {
        const auto text = line->receive(beat.due(), &stop);
        if (text) {
            TRY(take(*line, beat, receiver, *text));
            continue;
        }
        if (text.error().code != Code::timed_out) return text.failure();
        if (!beat.answered()) return fail(Code::timed_out, "Discord did not answer a heartbeat");
        const Json said =
            JsonObject{{"op", 1}, {"d", session_.seen == 0 ? Json() : Json(session_.seen)}};
        TRY(line->send(wire::canonical_json(said)));
        beat.sent();
    }
}

// A session that is remembered is resumed behind the last event that is durable.
Result<> Discord::greet(egress::MessageLine& line) {
    if (!session_.id.empty()) {
        session_.seen = kept_->now();
        const Json resume = JsonObject{{"op", 6},
                                       {"d", JsonObject{{"token", "{credential}"},
                                                        {"session_id", session_.id},
                                                        {"seq", session_.seen}}}};
        return line.send(wire::canonical_json(resume));
    }
    kept_ = std::make_shared<Kept>();
    session_.seen = 0;
    const Json identify =
        JsonObject{{"op", 2},
                   {"d", JsonObject{{"token", "{credential}"},
                                    {"intents", intents},
                                    {"properties", JsonObject{{"os", "linux"},
                                                              {"browser", "hardshell"},
                                                              {"device", "hardshell"}}}}}};
    return line.send(wire::canonical_json(identify));
}

Result<> Discord::take(egress::MessageLine& line, Beat& beat, Receiver& receiver,
                       const std::string& text) {
    auto event = parse_discord(text, session_.our_user);
    if (!event) {
        receiver.note("Discord sent what is no payload: " + event.error().what);
        return {};
    }
    if (event->op == 11) beat.answer();
    if (event->op == 1) {
        return line.send(wire::canonical_json(JsonObject{{"op", 1}, {"d", session_.seen}}));
    }
    if (event->op == 7) return fail(Code::cancelled, "Discord asks to connect again");
    if (event->op == 9) {
        if (!event->can_resume) session_ = {"", "", session_.our_user, 0};
        return fail(Code::cancelled, "Discord has ended the session");
    }
    if (event->op != 0) return {};
    session_.seen = std::max(session_.seen, event->sequence);
    if (event->type == "READY") {
        session_.id = event->session;
        session_.url = event->resume_url;
        session_.our_user = event->our_user;
    }
    if (event->type == "READY" || event->type == "RESUMED") set_state("connected");
    if (!event->interaction.empty()) {
        // Within three seconds; what it means the keeper has from egress.
        static_cast<void>(call("POST",
                               "/interactions/" + event->interaction + "/" +
                                   path_part(event->interaction_token) + "/callback",
                               "", JsonObject{{"type", 6}}, nullptr, "")
                              .ok());
    }
    if (!event->message) {
        kept_->pass(event->sequence);
        return {};
    }
    health_.with([](Health& held) { ++held.received; });
    kept_->begin();
    receiver.take(std::move(*event->message),
                  [kept = kept_, seen = event->sequence](const Result<>& done) {
                      kept->end(seen, done.ok());
                  });
    return {};
}

Sent Discord::post(const std::string& method, const std::string& path,
                   const std::string& conversation, const Json& body, const flow::Label& label) {
    const auto answer = call(method, path, conversation, body, nullptr, "credential", label);
    if (!answer) {
        const Code code = answer.error().code;
        const bool never = code == Code::denied || code == Code::invalid_input;
        return {never ? Sent::How::refused : Sent::How::unsure, "", 0, answer.error().what};
    }
    if (answer->status == 429) {
        return {Sent::How::later, "", std::max<std::int64_t>(answer->retry_ms, 500), "rate limit"};
    }
    const auto json = wire::parse_json(answer->body);
    if (answer->status >= 500 || !json) return {Sent::How::unsure, "", 0, "Discord has trouble"};
    if (answer->status >= 400) {
        return {Sent::How::refused, "", 0, look_text(*json, {"message"}).substr(0, 200)};
    }
    health_.with([](Health& held) { ++held.sent; });
    return {Sent::How::sent, look_text(*json, {"id"}), 0, ""};
}

Sent Discord::send(const Outgoing& message) {
    const Json body =
        JsonObject{{"content", message.text},
                   {"allowed_mentions", JsonObject{{"parse", JsonArray{}}}},
                   // The same nonce again, and Discord gives back the message that is there.
                   {"nonce", message.key.substr(0, nonce_bytes_max)},
                   {"enforce_nonce", true}};
    const std::string& conversation = message.spot.conversation;
    return post("POST", "/channels/" + conversation + "/messages", conversation, body,
                message.label);
}

Sent Discord::ask(const Card& card) {
    std::string text = fmt::format("**An approval is needed**\n{}\nValid until {} UTC, decision {}",
                                   fenced(card.text),
                                   base::format_time(card.expiry_ms).substr(11, 5), card.decision);
    if (!card.who.empty()) text += "\nMay approve: " + card.who;
    const Json body = JsonObject{{"content", text},
                                 {"allowed_mentions", JsonObject{{"parse", JsonArray{}}}},
                                 {"components", buttons_of(card)}};
    const std::string& conversation = card.spot.conversation;
    return post("POST", "/channels/" + conversation + "/messages", conversation, body, card.label);
}

Result<> Discord::settle(const Posted& card, const std::string& text) {
    const Json body = JsonObject{{"content", fenced(text)}, {"components", JsonArray{}}};
    const std::string& conversation = card.spot.conversation;
    const Sent sent = post("PATCH", "/channels/" + conversation + "/messages/" + card.id,
                           conversation, body, card.label);
    return sent.how == Sent::How::sent ? Result<>() : Result<>(fail(Code::io, sent.what));
}

void Discord::typing(const Spot& spot) {
    static_cast<void>(call("POST", "/channels/" + spot.conversation + "/typing", spot.conversation,
                           Json(), nullptr, "credential", flow::Label::nothing())
                          .ok());
}

}  // namespace hs::channels
