#include "channels/desk.h"

#include <algorithm>
#include <cstdio>

#include "channels/desk_state.h"

namespace hs::channels {

using base::Code;
using base::fail;
using base::Result;
using wire::Json;
using wire::JsonObject;

namespace {

constexpr std::size_t accounts_counted_max = 10'000;
constexpr std::int64_t crew_linger_ms = 10'000;

os::WakeUp made_wake_up() {
    auto made = os::WakeUp::make();
    CHECK(made.ok());
    return std::move(*made);
}

// An answer to an approval. The keeper has it from egress; the assistant does not hear it.
bool is_approval_answer(std::string_view text) {
    if (!text.starts_with("hsa-")) return false;
    const std::size_t space = std::min(text.find(' '), text.size());
    return text.find_first_not_of(" 0123456789", space) == std::string_view::npos;
}

}  // namespace

bool is_stop(std::string_view text) {
    while (text.ends_with(' ') || text.ends_with('\n') || text.ends_with('!') ||
           text.ends_with('.')) {
        text.remove_suffix(1);
    }
    while (text.starts_with(' ') || text.starts_with('/')) text.remove_prefix(1);
    return text == "stop" || text == "Stop" || text == "STOP";
}

Desk::Desk(Parts parts, const DeskLimits& limits)
    : parts_(std::move(parts)),
      limits_(limits),
      stop_(made_wake_up()),
      crew_(limits.threads_max, crew_linger_ms) {
    parts_.gate.on_news([this](const Json& news) { take_news(news); });
}

Desk::~Desk() {
    stop();
}

void Desk::add(std::unique_ptr<Platform> platform, const gate::ChannelSetting& setting) {
    auto channel = std::make_unique<Channel>();
    channel->setting = setting;
    channel->platform = std::move(platform);
    channel->door = std::make_unique<Door>(*this, *channel);
    channels_[setting.name] = std::move(channel);
}

Result<> Desk::start() {
    parts_.mailbox.forget_old();
    // Answers first: what was said before comes before what is said next.
    for (Answer& answer : TRY(parts_.mailbox.unsent())) {
        const std::string key = key_of(answer.channel, answer.message.spot);
        enqueue(key, Work{std::nullopt, std::move(answer)});
    }
    for (Received& received : TRY(parts_.mailbox.unended())) {
        const std::string key = key_of(received.channel, received.message.spot);
        enqueue(key, Work{std::move(received), std::nullopt});
    }
    for (auto& [name, channel] : channels_) {
        channel->thread =
            std::thread([this, raw = channel.get()] { raw->platform->run(*raw->door, stop_); });
    }
    return {};
}

void Desk::stop() {
    if (stop_.raised()) return;
    stop_.raise();
    {
        const std::scoped_lock lock(mutex_);
        for (const auto& [turn, running] : running_) running->cancel.raise();
    }
    for (auto& [name, channel] : channels_) {
        if (channel->thread.joinable()) channel->thread.join();
    }
    crew_.close();
    crew_.wait_until_idle(os::Deadline::after_ms(10'000));
    parts_.mailbox.stop();
}

Desk::Channel* Desk::channel_named(const std::string& name) const {
    const auto found = channels_.find(name);
    return found == channels_.end() ? nullptr : found->second.get();
}

Json Desk::health() const {
    Json list{wire::JsonArray{}};
    for (const auto& [name, channel] : channels_) {
        const Health held = channel->platform->health();
        list.push(JsonObject{{"name", name},
                             {"kind", channel->setting.kind},
                             {"state", held.state},
                             {"problem", held.problem},
                             {"approvals", channel->setting.takes_approvals},
                             {"received", static_cast<std::int64_t>(held.received)},
                             {"sent", static_cast<std::int64_t>(held.sent)},
                             {"connections", static_cast<std::int64_t>(held.connections)}});
    }
    return list;
}

Result<std::string> Desk::probe(const std::string& channel) {
    Channel* held = channel_named(channel);
    if (held == nullptr) {
        return fail(Code::not_found, "no channel " + channel +
                                         " is served; see: hardshell channel list. A new one "
                                         "counts after: hardshell stop");
    }
    return held->platform->probe();
}

// Whose account it is, or denied. The keeper tells the owner of accounts that it does not know.
Result<std::string> Desk::person_of(Channel& channel, const Account& account) {
    const auto& setting = channel.setting;
    const Json answer = TRY(parts_.gate.question(
        "channels.identify",
        JsonObject{{"channel", setting.name}, {"tenant", account.tenant}, {"user", account.user}}));
    const std::string person = TRY(wire::text_at_or(answer, "person", ""));
    const bool foreign = !setting.tenant.empty() && setting.tenant != account.tenant;
    if (person.empty() || foreign) return fail(Code::denied, "the account is nobody that is known");
    return person;
}

bool Desk::is_flood(Channel& channel, const Account& account) {
    const std::int64_t minute = parts_.clock.wall_ms() / 60'000;
    const std::scoped_lock lock(channel.mutex);
    if (channel.counts.size() > accounts_counted_max) channel.counts.clear();
    Channel::Count& count = channel.counts[key_of(channel.setting.name, account)];
    if (count.minute != minute) count = {minute, 0, false};
    if (++count.messages <= channel.setting.messages_per_minute) return false;
    if (!std::exchange(count.told, true)) {
        channel.door->note("more messages in a minute than messages_per_minute allows: user " +
                           account.user);
    }
    return true;
}

void Desk::receive(Channel& channel, Incoming message, std::function<void(Result<>)> kept) {
    if (is_approval_answer(message.text)) return kept({});
    if (message.text.size() > message_bytes_max || message.id.empty()) {
        channel.door->note("a message that is too long or has no id");
        return kept({});
    }
    if (!is_stop(message.text) && is_flood(channel, message.from)) return kept({});
    {
        const std::scoped_lock lock(mutex_);
        if (waiting_ >= limits_.waiting_max) {
            return kept(fail(Code::exhausted, "too many messages wait"));
        }
        ++waiting_;
    }
    Received received{0, channel.setting.name, std::move(message)};
    const std::string key = key_of(channel.setting.name, received.message.spot);
    const Incoming copy = received.message;
    parts_.mailbox.take(
        channel.setting.name, copy,
        [this, received = std::move(received), key,
         kept = std::move(kept)](Result<std::int64_t> row) mutable {
            {
                const std::scoped_lock lock(mutex_);
                --waiting_;
            }
            if (row && *row != 0) {
                received.row = *row;
                // `stop` does not wait behind what it is to stop.
                const bool now = is_stop(received.message.text);
                enqueue(now ? key + "\nstop" : key, Work{std::move(received), std::nullopt});
            }
            kept(row ? Result<>() : Result<>(row.failure()));
        });
}

void Desk::enqueue(const std::string& key, Work work) {
    const std::scoped_lock lock(mutex_);
    ++waiting_;
    Conversation& conversation = conversations_[key];
    conversation.works.push_back(std::move(work));
    if (conversation.is_active) return;
    conversation.is_active = true;
    ready_.push_back(key);
    start_worker();
}

// Called with the lock held.
void Desk::start_worker() {
    if (workers_ >= limits_.workers_max || ready_.empty() || stop_.raised()) return;
    ++workers_;
    if (!crew_.start([this] { work(); })) --workers_;  // another worker comes to it
}

void Desk::work() {
    std::unique_lock lock(mutex_);
    while (!ready_.empty() && !stop_.raised()) {
        const std::string key = std::move(ready_.front());
        ready_.pop_front();
        Work next = std::move(conversations_[key].works.front());
        conversations_[key].works.pop_front();
        lock.unlock();
        carry_out(next);
        lock.lock();
        --waiting_;
        const auto held = conversations_.find(key);
        if (held->second.works.empty()) {
            conversations_.erase(held);
        } else {
            ready_.push_back(key);
        }
    }
    --workers_;
}

void Desk::carry_out(const Work& work) {
    if (work.message) hear(*work.message);
    if (work.answer) deliver(*work.answer);
}

std::size_t Desk::halt(const std::string& person) {
    std::size_t count = 0;
    {
        const std::scoped_lock lock(mutex_);
        for (const auto& [turn, running] : running_) {
            if (running->person != person || running->cancel.raised()) continue;
            running->cancel.raise();
            ++count;
        }
    }
    return count + (parts_.stop_others ? parts_.stop_others(person) : 0);
}

}  // namespace hs::channels
