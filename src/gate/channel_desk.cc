#include "gate/channel_desk.h"

#include <fmt/format.h>

#include <algorithm>

namespace hs::gate {

using base::Code;
using base::fail;
using base::Result;
using wire::Json;
using wire::JsonObject;

namespace {

constexpr std::size_t person_bytes_max = 128;

// What an answer is bound to, in the record and on the card.
std::string attestation(const ChannelAccount& account, const std::string& platform) {
    return fmt::format("{} ({}), read from the platform's connection by egress", describe(account),
                       platform);
}

bool is_person(std::string_view name) {
    return !name.empty() && name.size() <= person_bytes_max &&
           name.find_first_not_of(
               "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
               " ._@+-") == std::string_view::npos;
}

}  // namespace

const ChannelSetting* ChannelDesk::find(std::string_view channel) const {
    const auto found = std::find_if(channels_.begin(), channels_.end(),
                                    [&](const auto& one) { return one.name == channel; });
    return found == channels_.end() ? nullptr : &*found;
}

// What only sends is not noted, and what is over soon is counted by itself: neither pushes a stream
// that lives long out of the list.
void ChannelDesk::note_connection(const std::string& decision, const SendMessage& action) {
    const bool lives_long = action.carrier == SendMessage::Carrier::websocket ||
                            action.carrier == SendMessage::Carrier::listen;
    const bool is_short =
        action.carrier == SendMessage::Carrier::letter || action.purpose == "getUpdates";
    if (!lives_long && !is_short) return;
    auto& order = lives_long ? streams_ : exchanges_;
    connections_[decision] = action.channel;
    order.push_back(decision);
    if (order.size() <= connections_max) return;
    connections_.erase(order.front());
    order.pop_front();
}

void ChannelDesk::forget_old() {
    const base::WallTime_ms now_ms = parts_.clock.wall_ms();
    std::erase_if(answers_, [&](const auto& item) { return item.second.until_ms <= now_ms; });
}

std::string ChannelDesk::make_answer(Answer answer) {
    std::string id = "hsa-" + readable_code(parts_.random, 16);
    answers_[id] = std::move(answer);
    return id;
}

std::optional<std::string> ChannelDesk::person_of(const ChannelAccount& account) const {
    const ChannelSetting* setting = find(account.channel);
    if (setting != nullptr) {
        std::string listed = parts_.governance.person_of_account(
            fmt::format("{}/{}/{}", setting->kind, account.tenant, account.user));
        if (!listed.empty()) return listed;
    }
    return people_.person_of(account);
}

// Known: {person}. Unknown: {}, and {notice: true} the first time in a day.
Result<Json> ChannelDesk::identify(const Json& arguments) {
    const ChannelAccount account = TRY(account_from_json(arguments));
    if (const auto person = person_of(account)) {
        return Json(JsonObject{{"person", *person}});
    }
    if (!people_.note_stranger(account)) return Json(JsonObject{});
    TRY(parts_.log.append_later(
        audit::Event(audit::EventKind::sign_in)
            .set(audit::Field::outcome, "unknown")
            .set(audit::Field::reason, "an unknown account has written: " + describe(account))));
    return Json(JsonObject{{"notice", true}});
}

// {code, person?}: whoever is at the keeper's own socket vouches for the account.
Result<Json> ChannelDesk::pair(const Sender& sender, const Json& arguments) {
    const std::string code = TRY(wire::text_at(arguments, "code"));
    const std::string person = TRY(wire::text_at_or(arguments, "person", sender.name));
    if (!is_person(person)) {
        return fail(Code::invalid_input,
                    "a person's name has letters, digits, spaces and . _ @ + -");
    }
    const BoundAccount bound = TRY(people_.bind(code, person));
    TRY(parts_.log.append_and_wait(audit::Event(audit::EventKind::sign_in)
                                       .set(audit::Field::person, person)
                                       .set(audit::Field::outcome, "bound")
                                       .set(audit::Field::reason, describe(bound.account))
                                       .detail("by", sender.name)));
    JsonObject answer = to_json(bound.account);
    answer["person"] = person;
    return Json(std::move(answer));
}

Result<Json> ChannelDesk::unbind(const Sender& sender, const Json& arguments) {
    const ChannelAccount account = TRY(account_from_json(arguments));
    TRY(people_.unbind(account));
    TRY(parts_.log.append_and_wait(audit::Event(audit::EventKind::sign_in)
                                       .set(audit::Field::person, sender.name)
                                       .set(audit::Field::outcome, "unbound")
                                       .set(audit::Field::reason, describe(account))));
    return Json(to_json(account));
}

Result<Json> ChannelDesk::people() const {
    Json list{wire::JsonArray{}};
    for (const BoundAccount& bound : people_.all()) {
        JsonObject item = to_json(bound.account);
        item["person"] = bound.person;
        item["since"] = base::format_time(bound.since_ms);
        list.push(std::move(item));
    }
    return Json(JsonObject{{"people", std::move(list)}, {"waiting", people_.waiting()}});
}

// {approval, channel} → {card, decision, expires, approve, deny}; denied where the channel takes no
// approvals. Each card has ids of its own.
Result<Json> ChannelDesk::card(const Json& arguments) {
    const std::string id = TRY(wire::text_at(arguments, "approval"));
    const std::string channel = TRY(wire::text_at(arguments, "channel"));
    const ChannelSetting* setting = find(channel);
    if (setting == nullptr || !setting->takes_approvals) {
        return fail(Code::denied,
                    fmt::format("approvals are not answered on the channel {0}; to change that: "
                                "hardshell config set channel.{0}.approvals true",
                                channel));
    }
    const Approval* approval = parts_.keeper.find_approval(id);
    if (approval == nullptr || approval->status != ApprovalStatus::pending) {
        return fail(Code::not_found, "there is no such approval open");
    }
    forget_old();
    if (answers_.size() + 2 > 2 * cards_max)
        return fail(Code::exhausted, "too many cards are open");
    const std::string yes = make_answer({id, channel, "", true, approval->expiry_ms});
    const std::string no = make_answer({id, channel, yes, false, approval->expiry_ms});
    answers_[yes].twin = no;
    const Keeper::Wanted wanted = parts_.keeper.wanted_for(id);
    std::string text = approval->card;
    // A button carries no code: then the answer is written.
    if (wanted.needs_code) {
        text += fmt::format(
            "\n  to approve: write \"{} CODE\" here, with the code of your "
            "authenticator",
            yes);
    }
    return Json(JsonObject{{"card", text},
                           {"decision", approval->decision},
                           {"quorum", approval->quorum},
                           {"who", wanted.words},
                           {"expiry_ms", approval->expiry_ms},
                           {"approve", yes},
                           {"deny", no}});
}

void ChannelDesk::take_attested(const Json& told) {
    const auto text = [&](std::string_view key) {
        const auto found = wire::text_at_or(told, key, "");
        return found ? *found : std::string();
    };
    const auto connection = connections_.find(text("decision"));
    if (connection == connections_.end()) return;  // no connection of ours
    const ChannelAccount account{connection->second, text("tenant"), text("user")};
    const std::string id = text("answer");
    const auto held = answers_.find(id);
    const std::string approval = held == answers_.end() ? "" : held->second.approval;
    const bool consent = held != answers_.end() && held->second.consent;
    const auto counted = count_answer(account, text("platform"), id, text("code"));
    parts_.keeper.record(audit::Event(audit::EventKind::sign_in)
                             .set(audit::Field::person, person_of(account).value_or(""))
                             .set(audit::Field::outcome, counted ? "answered" : "refused")
                             .set(audit::Field::reason, counted ? *counted : counted.error().what)
                             .detail("account", describe(account)));
    parts_.keeper.tell_daemon(JsonObject{
        {"chat_answer", JsonObject{{"approval", approval},
                                   {"channel", account.channel},
                                   {"tenant", account.tenant},
                                   {"user", account.user},
                                   {"person", person_of(account).value_or("")},
                                   {"consent", consent},
                                   {"counted", counted.ok()},
                                   {"what", counted ? *counted : counted.error().what}}}});
}

// The approval's state after the answer.
Result<std::string> ChannelDesk::count_answer(const ChannelAccount& account,
                                              const std::string& platform, const std::string& id,
                                              const std::string& code) {
    forget_old();
    const auto held = answers_.find(id);
    if (held == answers_.end()) return fail(Code::not_found, "this answer is not open any more");
    const Answer answer = held->second;
    const ChannelSetting* setting = find(account.channel);
    // A card is answered where it was shown.
    if (setting == nullptr || answer.channel != account.channel || setting->kind != platform) {
        return fail(Code::denied, "the card was not shown on this channel");
    }
    if (!setting->takes_approvals) return fail(Code::denied, "this channel takes no approvals");
    if (!setting->tenant.empty() && setting->tenant != account.tenant) {
        return fail(Code::denied,
                    "the account is not of the organisation that this channel serves");
    }
    const auto person = person_of(account);
    if (!person) return fail(Code::denied, "the account is nobody that is known");
    const Json state = TRY(parts_.keeper.answer_in_chat(
        answer.approval,
        {*person, attestation(account, platform), answer.consent, parts_.clock.wall_ms()}, code));
    const std::string status = TRY(wire::text_at(state, "status"));
    if (status == "pending") return std::string("counted; more people must consent");
    answers_.erase(answer.twin);
    answers_.erase(id);
    return status;
}

void ChannelDesk::add_verbs() {
    using Access = Keeper::Access;
    parts_.keeper.add_verb(
        "channels.identify", Access::daemon_or_person,
        [this](const Sender&, const Json& arguments) { return identify(arguments); });
    parts_.keeper.add_verb("channels.pairing", Access::daemon_or_person,
                           [this](const Sender&, const Json& arguments) -> Result<Json> {
                               const ChannelAccount account = TRY(account_from_json(arguments));
                               static_cast<void>(people_.note_stranger(account));
                               return Json(JsonObject{{"code", TRY(people_.code_for(account))}});
                           });
    parts_.keeper.add_verb(
        "channels.card", Access::daemon_or_person,
        [this](const Sender&, const Json& arguments) { return card(arguments); });
    parts_.keeper.add_verb("channels.people", Access::daemon_or_person,
                           [this](const Sender&, const Json&) { return people(); });
    parts_.keeper.add_verb(
        "channels.pair", Access::person_only,
        [this](const Sender& sender, const Json& arguments) { return pair(sender, arguments); });
    parts_.keeper.add_verb(
        "channels.unbind", Access::person_only,
        [this](const Sender& sender, const Json& arguments) { return unbind(sender, arguments); });
}

}  // namespace hs::gate
