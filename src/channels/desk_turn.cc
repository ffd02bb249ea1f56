// The desk's work on one message: who wrote it, its turn, and its answer on the way.

#include <fmt/format.h>

#include <cstdio>

#include "base/bytes.h"
#include "channels/desk_state.h"
#include "channels/look.h"
#include "channels/text.h"
#include "models/chat.h"

namespace hs::channels {

using base::Code;
using base::Result;
using wire::Json;
using wire::JsonObject;

namespace {

constexpr std::size_t id_letters = 26;

// Equal for equal places, and nobody's guess: sessions and turns of channels have names of their
// own.
std::string made_id(std::string_view what, const std::string& channel, const std::string& of) {
    return std::string(what) + base::to_hex(message_key(channel, of)).substr(0, id_letters);
}

std::string session_of(const Received& received) {
    const Spot& spot = received.message.spot;
    return made_id("chat-", received.channel, spot.conversation + '\n' + spot.thread);
}

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\n')) text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\n')) text.remove_suffix(1);
    return text;
}

// A failure that another try may not meet.
bool passes(Code code) {
    return code == Code::io || code == Code::timed_out || code == Code::exhausted;
}

void complain(const Result<>& done) {
    if (!done) std::fprintf(stderr, "hardshelld: channels: %s\n", done.error().what.c_str());
}

}  // namespace

// What a turn tells while it runs. Text goes out when it is whole.
class Desk::Listener : public agent::TurnListener {
  public:
    Listener(Desk& desk, Channel& channel, const Spot& spot, std::string session)
        : desk_(desk), channel_(channel), spot_(spot), session_(std::move(session)) {}
    void on_text(std::string_view) override {}
    void on_tool(const Json&) override {}
    void on_pending(const gate::Pending& pending) override {
        // Whoever waits for a person must not keep others from being heard.
        {
            const std::scoped_lock lock(desk_.mutex_);
            if (!std::exchange(waits_, true)) --desk_.workers_;
            desk_.start_worker();
        }
        desk_.show_cards(
            channel_, spot_,
            {pending.approval, pending.card, desk_.label_said(channel_, spot_, session_)});
    }
    void on_notice(std::string_view) override {}
    // Once the turn has ended the worker counts again.
    ~Listener() override {
        const std::scoped_lock lock(desk_.mutex_);
        if (waits_) ++desk_.workers_;
    }

  private:
    Desk& desk_;
    Channel& channel_;
    Spot spot_;
    const std::string session_;
    bool waits_ = false;
};

void Desk::hear(const Received& received) {
    Channel* channel = channel_named(received.channel);
    if (channel == nullptr) return;  // it waits until its channel is served again
    const Incoming& message = received.message;
    if (message.is_shared) {
        channel->door->note("a message in a conversation that is shared with outsiders");
        return end_with(received, "");
    }
    if (!message.schedule.empty()) return begin_schedule(*channel, received);
    const auto person = await_person(*channel, message.from);
    if (!person && passes(person.error().code)) return;  // stopping: after the restart
    if (!person) return hear_stranger(*channel, received);
    if (is_stop(message.text)) {
        {
            const std::scoped_lock lock(mutex_);
            halted_[key_of(received.channel, message.from)] = received.row;
        }
        const std::size_t count = halt(*person);
        return end_with(received, count == 0 ? "Nothing of yours was running."
                                             : fmt::format("Stopped {} of your turns.", count));
    }
    if (!message.is_direct && channel->setting.needs_mention && !message.is_named) {
        return end_with(received, "");
    }
    if (was_halted(received)) return end_with(received, "");
    const std::string_view text = trimmed(message.text);
    if (text.empty()) return end_with(received, "");
    const auto commanded =
        parts_.command ? parts_.command(*person, std::string(text)) : std::nullopt;
    if (commanded) return end_with(received, *commanded, flow::Label::of_person(*person));
    const std::string answer = run_turn(*channel, received, *person);
    if (stop_.raised() && answer.empty()) return;  // goes on after the restart
    end_with(received, answer, label_said(*channel, message.spot, session_of(received)));
}

// The channel's secret vouches for it; whose schedule it is was said when it was added.
void Desk::begin_schedule(Channel& channel, const Received& received) {
    const Incoming& message = received.message;
    const auto begun =
        parts_.begin_schedule
            ? parts_.begin_schedule(received.channel, message.schedule, message.id, message.text)
            : Result<>(base::fail(Code::not_found, "there are no schedules"));
    if (!begun) channel.door->note("a webhook began no schedule: " + begun.error().what);
    end_with(received, "");
}

// A keeper that is being started anew answers soon.
Result<std::string> Desk::await_person(Channel& channel, const Account& account) {
    for (;;) {
        auto person = person_of(channel, account);
        if (person || !passes(person.error().code)) return person;
        const auto stopped = os::wait_for(stop_.fd(), os::Ready::readable,
                                          os::Deadline::after_ms(limits_.send_again_ms / 2));
        if (stopped) return person;
    }
}

// Said before its writer said `stop`.
bool Desk::was_halted(const Received& received) {
    const std::scoped_lock lock(mutex_);
    const auto halted = halted_.find(key_of(received.channel, received.message.from));
    return halted != halted_.end() && received.row < halted->second;
}

// Nothing is answered and no model is asked; "pair" alone, said directly, gets a code that its
// writer can show to whoever this installation belongs to.
void Desk::hear_stranger(Channel& channel, const Received& received) {
    const Incoming& message = received.message;
    const std::string_view text = trimmed(message.text);
    const bool foreign =
        !channel.setting.tenant.empty() && channel.setting.tenant != message.from.tenant;
    if (!message.is_direct || foreign || (text != "pair" && text != "Pair" && text != "/pair")) {
        return end_with(received, "");
    }
    const auto code =
        parts_.gate.question("channels.pairing", JsonObject{{"channel", received.channel},
                                                            {"tenant", message.from.tenant},
                                                            {"user", message.from.user}});
    if (!code) return end_with(received, "");
    end_with(received,
             fmt::format("Code: {}. It holds for ten minutes.", look_text(*code, {"code"})));
}

std::string Desk::run_turn(Channel& channel, const Received& received, const std::string& person) {
    agent::TurnRequest request;
    request.session = session_of(received);
    request.missing = agent::TurnRequest::Missing::create;
    request.turn = made_id("chat-", received.channel, "turn\n" + received.message.id);
    request.text = received.message.text;
    if (received.message.files > 0) {
        request.text +=
            fmt::format("\n[{} files came with this; they are not read.]", received.message.files);
    }
    request.person = person;
    request.origin = received.channel + "/" + received.message.spot.conversation;
    request.project = channel.setting.project;
    request.label =
        received.message.is_passed_on ? flow::Label::unknown() : flow::Label::of_person(person);
    auto wake_up = os::WakeUp::make();
    if (!wake_up) return "The machine has no room for this now; try again.";
    const auto running = std::make_shared<Running>(std::move(*wake_up));
    running->person = person;
    {
        const std::scoped_lock lock(mutex_);
        running_[request.turn] = running;
    }
    const auto* group = gate::group_of(channel.setting, received.message.spot.conversation);
    if (group != nullptr) request.label.classes = {group->data_class};
    channel.platform->typing(received.message.spot);
    const std::string turn = request.turn;
    const std::string session = request.session;
    Result<agent::TurnOutcome> outcome = [&] {
        Listener listener(*this, channel, received.message.spot, session);
        const auto before = parts_.assistant.store().find_turn(turn);
        const bool waits = before && *before && (*before)->waiting;
        return waits ? parts_.assistant.resume(**before, listener, running->cancel)
                     : parts_.assistant.run(request, listener, running->cancel);
    }();
    {
        const std::scoped_lock lock(mutex_);
        running_.erase(turn);
    }
    if (outcome && outcome->status == agent::TurnStatus::cancelled) {
        return stop_.raised() ? "" : "Stopped.";
    }
    if (outcome) return outcome->text.empty() ? "(no answer)" : outcome->text;
    // The turn ran before the last stop: what it answered is in the store.
    if (outcome.error().code == Code::conflict) return text_of_turn(session, turn);
    return "That did not work: " + outcome.error().what;
}

std::string Desk::text_of_turn(const std::string& session, const std::string& turn) {
    std::string text;
    const auto messages = parts_.assistant.store().messages(session);
    if (!messages) return "That did not work: " + messages.error().what;
    for (const auto& stored : *messages) {
        if (stored.turn == turn && stored.message.role == models::Role::assistant) {
            text += models::text_of(stored.message);
        }
    }
    return text.empty() ? "A restart interrupted this; say it again." : text;
}

// The pieces of a text as a channel takes them.
std::vector<Answer> Desk::pieces_of(Channel& channel, const Outgoing& whole) {
    std::vector<Answer> answers;
    const Traits& traits = channel.platform->traits();
    int number = 0;
    // A dialect's escapes make a piece longer; an eighth is left for them.
    const std::size_t most = traits.text_bytes_max - traits.text_bytes_max / 8;
    for (const std::string& piece : split_markdown(whole.text, most)) {
        Answer answer;
        answer.channel = channel.setting.name;
        answer.message.spot = whole.spot;
        answer.message.text = rendered(piece, traits.dialect);
        answer.message.label = whole.label;
        answer.message.key =
            made_id("m", channel.setting.name, fmt::format("{}\n{}", whole.key, number++));
        answers.push_back(std::move(answer));
    }
    return answers;
}

Result<> Desk::say(const std::string& channel, const Spot& spot, const std::string& text,
                   const std::string& key) {
    Channel* held = channel_named(channel);
    if (held == nullptr) {
        return base::fail(Code::not_found, "there is no channel " + channel + " that is served");
    }
    for (Answer& answer : pieces_of(*held, {spot, text, "said\n" + key})) {
        TRY(parts_.mailbox.add(answer));
        enqueue(key_of(channel, spot), Work{std::nullopt, std::move(answer)});
    }
    return {};
}

// Ends the message and stores its answer with that, then brings the answer on its way.
void Desk::end_with(const Received& received, const std::string& text, const flow::Label& label) {
    std::vector<Answer> answers;
    Channel* channel = channel_named(received.channel);
    if (!text.empty() && channel != nullptr) {
        answers = pieces_of(*channel,
                            {received.message.spot, text, "answer\n" + received.message.id, label});
    }
    const auto ended = parts_.mailbox.end(received.row, answers);
    if (!ended) return complain(ended);
    for (const Answer& answer : answers) deliver(answer);
}

void Desk::deliver(const Answer& answer) {
    Channel* channel = channel_named(answer.channel);
    if (channel == nullptr) return;
    const Sent sent = send_until_settled(*channel, answer.message,
                                         answer.is_left ? Before::perhaps : Before::never);
    if (stop_.raised() && sent.how != Sent::How::sent) return;  // it goes out after the restart
    if (sent.how != Sent::How::sent) {
        channel->door->note("an answer was not taken: " + sent.what);
        if (sent.how == Sent::How::refused) say_that_it_is_not_said(*channel, answer.message);
    }
    complain(parts_.mailbox.sent(answer.row));
}

flow::Label Desk::label_said(const Channel& channel, const Spot& spot, const std::string& session) {
    if (gate::group_of(channel.setting, spot.conversation) == nullptr) {
        return flow::Label::unknown();
    }
    const auto messages = parts_.assistant.store().messages(session);
    if (!messages) return flow::Label::unknown();
    flow::Label label = flow::Label::nothing();
    for (const auto& stored : *messages) label = flow::join(label, stored.label);
    return label;
}

// Where a group may not hear it, it hears that.
void Desk::say_that_it_is_not_said(Channel& channel, const Outgoing& message) {
    const auto* group = gate::group_of(channel.setting, message.spot.conversation);
    if (group == nullptr || message.label.classes.level() <= flow::level_of(group->data_class)) {
        return;
    }
    Outgoing told;
    told.spot = message.spot;
    told.label = flow::Label::nothing();
    told.key = message.key + "r";
    told.text = fmt::format(
        "This is not said here: it was made from what not everyone here may read (this group is "
        "for {} data). Ask in a conversation of your own.",
        flow::data_class_name(group->data_class));
    static_cast<void>(channel.platform->send(told));
}

// Waits as the platform asks, and asks it before anything is sent twice.
Sent Desk::send_until_settled(Channel& channel, const Outgoing& message, Before before) {
    const os::Deadline until = os::Deadline::after_ms(limits_.send_for_ms);
    bool unsure = before == Before::perhaps;
    for (;;) {
        Sent sent;
        if (unsure) {
            const auto found = channel.platform->find_sent(message);
            if (found && !found->empty()) return {Sent::How::sent, *found, 0, ""};
            unsure = !found;  // it could not be asked
        }
        if (!unsure) sent = channel.platform->send(message);
        if (unsure) sent = {Sent::How::unsure, "", 0, "the platform could not be asked"};
        if (sent.how == Sent::How::sent || sent.how == Sent::How::refused) return sent;
        unsure = sent.how == Sent::How::unsure;
        if (until.passed()) return sent;
        const std::int64_t wait_ms =
            std::max(sent.wait_ms, unsure ? limits_.send_again_ms / 4 : limits_.send_again_ms);
        const auto waited =
            os::wait_for(stop_.fd(), os::Ready::readable, os::Deadline::after_ms(wait_ms));
        if (waited) return sent;  // stopping
    }
}

}  // namespace hs::channels
