#include "hardshelld/channel_house.h"

#include <fmt/format.h>
#include <unistd.h>

#include "channels/discord.h"
#include "channels/mail.h"
#include "channels/slack.h"
#include "channels/telegram.h"
#include "channels/webhook.h"
#include "channels/whatsapp.h"
#include "crypto/secret.h"

namespace hs::daemon {

using base::Code;
using base::fail;
using base::Result;
using wire::Json;
using wire::JsonObject;

namespace {

std::string owner() {
    return fmt::format("uid {}", ::geteuid());
}

}  // namespace

Result<std::unique_ptr<ChannelHouse>> ChannelHouse::open(const Parts& parts) {
    std::unique_ptr<ChannelHouse> house(new ChannelHouse(parts));
    TRY(house->open_mailbox());
    channels::Desk::Parts desk{
        parts.gate,
        parts.assistant,
        *house->mailbox_,
        parts.clock,
        [raw = house.get()](const std::string& person) {
            return raw->parts_.turns.cancel_of(person) + raw->schedules_->halt(person);
        },
        [raw = house.get()](const std::string& person, const std::string& text) {
            return raw->schedules_->command(person, text);
        },
        [raw = house.get()](const std::string& channel, const std::string& schedule,
                            const std::string& id, const std::string& text) {
            return raw->schedules_->begin(channel, schedule, id, text);
        }};
    house->desk_ = std::make_unique<channels::Desk>(std::move(desk));
    house->make_schedules();
    for (const auto& setting : TRY(gate::channel_settings(parts.settings))) {
        if (setting.is_enabled) TRY(house->add(setting));
    }
    return house;
}

Result<> ChannelHouse::open_mailbox() {
    Json arguments;
    arguments["compartment"] = "channels";
    const Json opened = TRY(parts_.gate.question("compartment.open", std::move(arguments)));
    auto key = TRY(base::from_base64(TRY(wire::text_at(opened, "key"))));
    mailbox_ = TRY(channels::Mailbox::open(parts_.places.state + "/channels.db",
                                           crypto::SecretBytes::copy_of(key), parts_.clock,
                                           parts_.random));
    crypto::wipe(key);
    return {};
}

void ChannelHouse::make_schedules() {
    channels::Schedules::Parts schedules{
        parts_.gate,
        parts_.assistant,
        *mailbox_,
        parts_.clock,
        [desk = desk_.get()](const std::string& channel, const channels::Spot& spot,
                             const std::string& text, const std::string& key) {
            return desk->say(channel, spot, text, key);
        },
        [this] { return digest(); }};
    schedules_ = std::make_unique<channels::Schedules>(std::move(schedules));
}

Result<> ChannelHouse::add(const gate::ChannelSetting& setting) {
    auto passage = std::make_unique<channels::Passage>(
        parts_.gate, [actors = &parts_.actors] { return actors->egress(); }, setting, owner(),
        parts_.settings.text("space.name"));
    if (setting.kind == "slack") {
        desk_->add(std::make_unique<channels::Slack>(std::move(passage)), setting);
        return {};
    }
    if (setting.kind == "telegram") {
        desk_->add(std::make_unique<channels::Telegram>(std::move(passage)), setting);
        return {};
    }
    if (setting.kind == "discord") {
        desk_->add(std::make_unique<channels::Discord>(std::move(passage), parts_.random), setting);
        return {};
    }
    if (setting.kind == "whatsapp") {
        desk_->add(std::make_unique<channels::WhatsApp>(std::move(passage), parts_.clock), setting);
        return {};
    }
    if (setting.kind == "mail") {
        desk_->add(std::make_unique<channels::Mail>(std::move(passage), parts_.clock), setting);
        return {};
    }
    if (setting.kind == "webhook") {
        desk_->add(std::make_unique<channels::Webhook>(std::move(passage)), setting);
        return {};
    }
    return fail(Code::invalid_input,
                fmt::format("channels of the kind {} are not served", setting.kind));
}

Result<> ChannelHouse::start() {
    TRY(schedules_->start());
    return desk_->start();
}

// Schedules first: they say things through the desk.
void ChannelHouse::stop() {
    schedules_->stop();
    desk_->stop();
}

Json ChannelHouse::health() const {
    return desk_->health();
}

Result<std::string> ChannelHouse::probe(const std::string& channel) {
    return desk_->probe(channel);
}

Result<Json> ChannelHouse::schedules(const control::Caller& caller, std::string_view what,
                                     const Json& body) {
    if (what == "list") {
        Json list{wire::JsonArray{}};
        for (const auto& schedule : schedules_->list()) list.push(channels::to_json(schedule));
        return Json(JsonObject{{"schedules", std::move(list)}});
    }
    if (what == "stop") {
        const std::string name = TRY(wire::text_at(body, "name"));
        TRY(schedules_->remove(name, owner()));
        return Json(JsonObject{{"stopped", name}});
    }
    if (!caller.scopes.has(control::Scope::person)) {
        return fail(Code::denied, "schedules are added by the person themselves");
    }
    channels::Schedule schedule = TRY(channels::schedule_from_json(body, parts_.clock.wall_ms()));
    const auto* kind = parts_.settings.find("channel." + schedule.on + ".kind");
    const bool is_hook =
        kind != nullptr && kind->value.text() != nullptr && *kind->value.text() == "webhook";
    if (!schedule.on.empty() && !is_hook) {
        return fail(
            Code::invalid_input,
            fmt::format("{} is no webhook channel; see: hardshell channel list", schedule.on));
    }
    schedule.person = owner();
    const Json shown = channels::to_json(schedule);
    TRY(schedules_->add(std::move(schedule)));
    return shown;
}

// What waits for an answer, what has run and what is due: no model is asked.
std::string ChannelHouse::digest() const {
    const base::WallTime_ms now_ms = parts_.clock.wall_ms();
    constexpr std::int64_t day_ms = std::int64_t{24} * 3600 * 1000;
    std::string text = fmt::format("**Today, {}**\n", base::format_time(now_ms).substr(0, 10));
    const auto open = parts_.gate.question("approvals.list", Json(JsonObject{}));
    const Json* approvals = open ? open->find("approvals") : nullptr;
    const std::size_t waiting =
        approvals != nullptr && approvals->array() != nullptr ? approvals->array()->size() : 0;
    text += fmt::format("- {} approvals wait\n", waiting);
    const std::int64_t apart = parts_.memory != nullptr ? parts_.memory->waiting() : 0;
    if (apart > 0) {
        text += fmt::format("- {} {} for your review: hardshell memory review\n", apart,
                            apart == 1 ? "memory waits" : "memories wait");
    }
    text += fmt::format("- {} turns since the start, {} run now\n", parts_.assistant.turns_total(),
                        parts_.assistant.running_turns());
    for (const auto& schedule : schedules_->list()) {
        if (schedule.next_ms == 0 || schedule.next_ms > now_ms + day_ms) continue;
        text += fmt::format("- {} at {}Z\n", schedule.name,
                            base::format_time(schedule.next_ms).substr(11, 5));
    }
    for (const Json& channel : *health().array()) {
        const Json* problem = channel.find("problem");
        if (problem == nullptr || problem->text() == nullptr || problem->text()->empty()) continue;
        text +=
            fmt::format("- the channel {}: {}\n", *channel.find("name")->text(), *problem->text());
    }
    return text;
}

}  // namespace hs::daemon
