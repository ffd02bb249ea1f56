// What Slack sends on its socket, read.

#include "channels/look.h"
#include "channels/slack.h"

namespace hs::channels {

using base::Code;
using base::fail;
using base::Result;
using wire::Json;

namespace {

constexpr std::size_t envelope_bytes_max = std::size_t{1} << 20U;

// Slack escapes three signs and writes links and mentions in angle brackets.
std::string plain_text(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size();) {
        const std::string_view left = text.substr(i);
        const std::size_t close = left.find('>');
        if (left[0] == '<' && close != std::string_view::npos) {
            std::string_view inner = left.substr(1, close - 1);
            out += inner.substr(0, inner.find('|'));
            i += close + 1;
        } else if (left.starts_with("&amp;") || left.starts_with("&lt;") ||
                   left.starts_with("&gt;")) {
            out += left[1] == 'a' ? '&' : left[1] == 'l' ? '<' : '>';
            i += left[1] == 'a' ? 5 : 4;
        } else {
            out += left[0];
            ++i;
        }
    }
    return out;
}

void take_out(std::string& text, const std::string& mention) {
    for (std::size_t at = text.find(mention); at != std::string::npos; at = text.find(mention)) {
        text.erase(at, mention.size());
    }
}

// What keeps an event from being a person's new message; empty: it is one.
std::string not_a_message(const Json& event, const std::string& our_user) {
    const std::string type = look_text(event, {"type"});
    if (type != "message" && type != "app_mention") return "an event of the type " + type;
    const std::string subtype = look_text(event, {"subtype"});
    const bool new_text =
        subtype.empty() || subtype == "file_share" || subtype == "thread_broadcast";
    if (!new_text) return "-";  // edits, deletions, joins: nothing that is said anew
    if (look(event, {"bot_id"}) != nullptr || look_text(event, {"user"}) == our_user) return "-";
    if (look_text(event, {"user"}).empty() || look_text(event, {"channel"}).empty() ||
        look_text(event, {"ts"}).empty()) {
        return "a message without user, channel or time";
    }
    return "";
}

void read_event(const Json& payload, const std::string& our_user, SlackEvent& made) {
    const Json* event = look(payload, {"event"});
    if (event == nullptr) {
        made.ignored = "an envelope without an event";
        return;
    }
    made.ignored = not_a_message(*event, our_user);
    if (made.ignored == "-") made.ignored.clear();
    if (!not_a_message(*event, our_user).empty()) return;
    Incoming message;
    const std::string ts = look_text(*event, {"ts"});
    message.spot.conversation = look_text(*event, {"channel"});
    message.id = message.spot.conversation + ":" + ts;
    message.is_direct = look_text(*event, {"channel_type"}) == "im";
    message.spot.thread = look_text(*event, {"thread_ts"});
    // In a group each question begins a thread, which is its conversation.
    if (message.spot.thread.empty() && !message.is_direct) message.spot.thread = ts;
    message.from.user = look_text(*event, {"user"});
    for (const std::string& team : {look_text(*event, {"user_team"}), look_text(*event, {"team"}),
                                    look_text(payload, {"team_id"})}) {
        if (message.from.tenant.empty()) message.from.tenant = team;
    }
    message.is_shared = look_true(payload, {"is_ext_shared_channel"});
    message.text = look_text(*event, {"text"});
    const std::string mention = "<@" + our_user + ">";
    message.is_named = look_text(*event, {"type"}) == "app_mention" ||
                       (!our_user.empty() && message.text.find(mention) != std::string::npos);
    take_out(message.text, mention);
    message.text = plain_text(message.text);
    message.files = static_cast<std::int64_t>(look_list(*event, {"files"}).size());
    made.message = std::move(message);
}

void read_command(const Json& payload, SlackEvent& made) {
    Incoming message;
    message.spot.conversation = look_text(payload, {"channel_id"});
    message.id = "command:" + look_text(payload, {"trigger_id"});
    message.from = {look_text(payload, {"team_id"}), look_text(payload, {"user_id"})};
    message.text = plain_text(look_text(payload, {"text"}));
    message.is_direct = look_text(payload, {"channel_name"}) == "directmessage";
    message.is_named = true;
    message.is_shared = look_true(payload, {"is_ext_shared_channel"});
    const bool whole = !message.spot.conversation.empty() && !message.from.user.empty() &&
                       message.id != "command:";
    if (whole) {
        made.message = std::move(message);
    } else {
        made.ignored = "a command without channel, user or trigger";
    }
}

}  // namespace

Result<SlackEvent> parse_slack(std::string_view text, const std::string& our_user) {
    if (text.size() > envelope_bytes_max) return fail(Code::exhausted, "Slack sent too much");
    const Json json = TRY(wire::parse_json(text));
    SlackEvent made;
    made.type = look_text(json, {"type"});
    made.envelope = look_text(json, {"envelope_id"});
    made.reason = look_text(json, {"reason"});
    const Json* payload = look(json, {"payload"});
    if (payload == nullptr) {
        if (made.type != "hello" && made.type != "disconnect") {
            made.ignored = "a message of the type " + made.type.substr(0, 64);
        }
        return made;
    }
    if (made.type == "events_api") {
        read_event(*payload, our_user, made);
    } else if (made.type == "slash_commands") {
        read_command(*payload, made);
    } else if (made.type != "interactive") {  // a click, which the keeper has from egress
        made.ignored = "an envelope of the type " + made.type.substr(0, 64);
    }
    return made;
}

}  // namespace hs::channels
