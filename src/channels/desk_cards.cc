// The desk's cards: approvals shown where they were asked for and where else they are wanted, and
// what became of them.

#include <fmt/format.h>

#include "channels/desk_state.h"
#include "channels/look.h"
#include "channels/text.h"

namespace hs::channels {

using base::Result;
using wire::Json;
using wire::JsonObject;

namespace {
constexpr std::size_t cards_max = 1'024;
constexpr std::size_t card_bytes_max = 1'500;
}  // namespace

// In the conversation that asks, and in the approval conversation of every channel that has one.
void Desk::show_cards(Channel& channel, const Spot& spot, const CardNews& news) {
    if (!show_card(channel, spot, news)) {
        Outgoing message;
        message.spot = spot;
        message.label = news.label;
        message.key = "p" + news.approval;
        message.text = rendered(
            fmt::format(
                "This needs an approval, which is not given on this channel:\n```\n{}\n```\n"
                "To answer it: hardshell approvals",
                shortened(news.card, card_bytes_max)),
            channel.platform->traits().dialect);
        const Sent sent = channel.platform->send(message);
        if (sent.how == Sent::How::refused) say_that_it_is_not_said(channel, message);
    }
    for (const auto& [name, other] : channels_) {
        const std::string& conversation = other->setting.approval_conversation;
        if (conversation.empty() ||
            (other.get() == &channel && conversation == spot.conversation)) {
            continue;
        }
        static_cast<void>(show_card(*other, {conversation, ""}, news));
    }
}

bool Desk::show_card(Channel& channel, const Spot& spot, const CardNews& news) {
    const std::string& approval = news.approval;
    const auto held = parts_.gate.question(
        "channels.card", JsonObject{{"approval", approval}, {"channel", channel.setting.name}});
    if (!held) return false;
    Card card;
    card.spot = spot;
    card.approval = approval;
    card.label = news.label;
    card.text = look_text(*held, {"card"});
    card.decision = look_text(*held, {"decision"});
    card.who = look_text(*held, {"who"});
    card.approve = look_text(*held, {"approve"});
    card.deny = look_text(*held, {"deny"});
    card.expiry_ms = look_number(*held, {"expiry_ms"});
    const Sent sent = channel.platform->ask(card);
    if (sent.how != Sent::How::sent) {
        channel.door->note("a card was not taken: " + sent.what);
        return false;
    }
    const std::scoped_lock lock(mutex_);
    if (cards_.size() >= cards_max) cards_.erase(cards_.begin());
    cards_[approval].push_back({channel.setting.name, Posted{spot, sent.id, news.label}});
    return true;
}

// On the gate's reader thread, which must not wait: the work is a worker's.
void Desk::take_news(const Json& news) {
    if (const Json* told = news.find("chat_answer")) {
        if (look_true(*told, {"counted"})) return;
        static_cast<void>(crew_.start([this, told = *told] { answer_refused(told); }).ok());
        return;
    }
    const std::string approval = look_text(news, {"approval"});
    const std::string outcome = look_text(news, {"outcome"});
    if (approval.empty() || outcome.empty()) return;
    static_cast<void>(
        crew_.start([this, approval, outcome] { settle_cards(approval, outcome); }).ok());
}

void Desk::settle_cards(const std::string& approval, const std::string& outcome) {
    std::vector<std::pair<std::string, Posted>> cards;
    {
        const std::scoped_lock lock(mutex_);
        const auto found = cards_.find(approval);
        if (found == cards_.end()) return;
        cards = std::move(found->second);
        cards_.erase(found);
    }
    const auto shown = parts_.gate.question("approvals.show", JsonObject{{"approval", approval}});
    const std::string by = shown ? look_text(*shown, {"answered_by"}) : "";
    const std::string card = shown ? look_text(*shown, {"card"}) : "";
    // The outcome first: where a card is too long, its end is cut.
    const std::string text = by.empty() ? fmt::format("It has {}.\n\n{}", outcome, card)
                                        : fmt::format("{} by {}.\n\n{}", outcome, by, card);
    for (const auto& [name, posted] : cards) {
        Channel* channel = channel_named(name);
        if (channel == nullptr) continue;
        const auto settled = channel->platform->settle(posted, text);
        if (!settled) channel->door->note("a card was not updated: " + settled.error().what);
    }
}

// Whoever pressed learns why it does not count; the card stays open for others.
void Desk::answer_refused(const Json& told) {
    Channel* channel = channel_named(look_text(told, {"channel"}));
    if (channel == nullptr || look_text(told, {"person"}).empty()) return;
    Spot spot;
    {
        const std::scoped_lock lock(mutex_);
        const auto found = cards_.find(look_text(told, {"approval"}));
        if (found == cards_.end()) return;
        for (const auto& [name, posted] : found->second) {
            if (name == channel->setting.name) spot = posted.spot;
        }
    }
    if (spot.conversation.empty()) return;
    channel->platform->whisper(spot, {look_text(told, {"tenant"}), look_text(told, {"user"})},
                               "Your answer does not count: " + look_text(told, {"what"}));
}

bool is_of_channel(const agent::TurnFacts& turn) {
    return turn.id.starts_with("chat-");
}

}  // namespace hs::channels
