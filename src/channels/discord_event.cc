// What Discord's gateway sends, read.

#include "channels/discord.h"
#include "channels/look.h"

namespace hs::channels {

using base::Code;
using base::fail;
using base::Result;
using wire::Json;

namespace {

constexpr std::size_t payload_bytes_max = std::size_t{1} << 20U;
constexpr std::int64_t type_default = 0;
constexpr std::int64_t type_reply = 19;
constexpr std::int64_t reference_forward = 1;

bool is_id(std::string_view text) {
    return !text.empty() && text.size() <= 24 &&
           text.find_first_not_of("0123456789") == std::string_view::npos;
}

void take_out(std::string& text, const std::string& mention) {
    for (std::size_t at = text.find(mention); at != std::string::npos; at = text.find(mention)) {
        text.erase(at, mention.size());
    }
}

std::optional<Incoming> message_of(const Json& held, const std::string& our_user) {
    Incoming message;
    message.id = look_text(held, {"id"});
    message.spot.conversation = look_text(held, {"channel_id"});
    message.from.user = look_text(held, {"author", "id"});
    const std::int64_t type = look_number(held, {"type"});
    const bool is_said = (type == type_default || type == type_reply) &&
                         !look_true(held, {"author", "bot"}) &&
                         look(held, {"webhook_id"}) == nullptr && message.from.user != our_user;
    if (!is_said || !is_id(message.id) || !is_id(message.spot.conversation) ||
        !is_id(message.from.user)) {
        return std::nullopt;
    }
    message.is_direct = look(held, {"guild_id"}) == nullptr;
    message.text = look_text(held, {"content"});
    for (const Json& mention : look_list(held, {"mentions"})) {
        if (look_text(mention, {"id"}) == our_user) message.is_named = true;
    }
    take_out(message.text, "<@" + our_user + ">");
    take_out(message.text, "<@!" + our_user + ">");
    message.is_passed_on = look_number(held, {"message_reference", "type"}) == reference_forward;
    message.files = static_cast<std::int64_t>(look_list(held, {"attachments"}).size());
    return message;
}

}  // namespace

Result<DiscordEvent> parse_discord(std::string_view text, const std::string& our_user) {
    if (text.size() > payload_bytes_max) return fail(Code::exhausted, "Discord sent too much");
    const Json json = TRY(wire::parse_json(text));
    const Json* op = json.find("op");
    if (op == nullptr || op->integer() == nullptr) {
        return fail(Code::invalid_input, "Discord sent a payload without an opcode");
    }
    DiscordEvent made;
    made.op = *op->integer();
    made.sequence = look_number(json, {"s"});
    made.type = look_text(json, {"t"});
    made.heartbeat_ms = look_number(json, {"d", "heartbeat_interval"});
    made.can_resume = look_true(json, {"d"});
    const Json* data = look(json, {"d"});
    if (made.op != 0 || data == nullptr) return made;
    if (made.type == "READY") {
        made.session = look_text(*data, {"session_id"});
        made.resume_url = look_text(*data, {"resume_gateway_url"});
        made.our_user = look_text(*data, {"user", "id"});
    } else if (made.type == "MESSAGE_CREATE") {
        made.message = message_of(*data, our_user);
    } else if (made.type == "INTERACTION_CREATE" && is_id(look_text(*data, {"id"}))) {
        made.interaction = look_text(*data, {"id"});
        made.interaction_token = look_text(*data, {"token"});
    }
    return made;
}

}  // namespace hs::channels
