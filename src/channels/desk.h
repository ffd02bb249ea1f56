// Desk: where messages of all channels come in, become turns, and answers go out.
//
// What it is for: identity before anything else (an unknown account costs no model call and gets no
// answer); one turn a message, also after a crash; a conversation's messages one after another;
// `stop` ahead of everything; floods, bots and repetitions held; approvals shown as cards. What a
// person's answer to a card counts for is the keeper's business (gate/channel_desk.h).
// What it does not protect from: what a bound account says; it is that person's word.
// Threads: all functions from any thread. Threads of its own: one a channel, and workers.
#pragma once

#include <atomic>
#include <deque>
#include <map>
#include <mutex>
#include <thread>

#include "agent/assistant.h"
#include "channels/mailbox.h"
#include "channels/passage.h"
#include "channels/platform.h"
#include "net/crew.h"

namespace hs::channels {

struct DeskLimits {
    std::size_t workers_max = 32;  // that work; those that wait for an approval come on top
    std::size_t threads_max = 256;
    std::size_t waiting_max = 5'000;  // messages; beyond that the platform is to send them again
    std::int64_t send_again_ms = 1'000;
    std::int64_t send_for_ms = 600'000;
};

class Desk {
  public:
    struct Parts {
        gate::Gate& gate;
        agent::Assistant& assistant;
        Mailbox& mailbox;
        const base::Clock& clock;
        // Stops what the person has running elsewhere; how much that was.
        std::function<std::size_t(const std::string& person)> stop_others;
        // A command that is no message to the assistant, such as "/schedules"; its answer.
        std::function<std::optional<std::string>(const std::string& person,
                                                 const std::string& text)>
            command;
        // A webhook begins a schedule that waits for its channel; once for an id.
        std::function<base::Result<>(const std::string& channel, const std::string& schedule,
                                     const std::string& id, const std::string& text)>
            begin_schedule;
    };
    explicit Desk(Parts parts, const DeskLimits& limits = {});
    ~Desk();

    // Before start().
    void add(std::unique_ptr<Platform> platform, const gate::ChannelSetting& setting);
    // Takes up what was not ended, then opens every channel.
    base::Result<> start();
    void stop();

    // Says something that nobody has asked for there just now. `key` once.
    base::Result<> say(const std::string& channel, const Spot& spot, const std::string& text,
                       const std::string& key);
    // {name, kind, state, problem, received, sent, connections} of each, for status.
    wire::Json health() const;
    base::Result<std::string> probe(const std::string& channel);

  private:
    struct Channel;
    struct Work;          // one message, or one answer to deliver
    struct Conversation;  // what waits in it
    struct Running;       // a turn
    class Listener;
    class Door;

    // desk.cc
    void receive(Channel& channel, Incoming message, std::function<void(base::Result<>)> kept);
    bool is_flood(Channel& channel, const Account& account);
    void enqueue(const std::string& key, Work work);
    void work();
    void start_worker();
    void carry_out(const Work& work);
    Channel* channel_named(const std::string& name) const;
    base::Result<std::string> person_of(Channel& channel, const Account& account);
    base::Result<std::string> await_person(Channel& channel, const Account& account);
    std::size_t halt(const std::string& person);
    // desk_turn.cc
    void hear(const Received& received);
    bool was_halted(const Received& received);
    void begin_schedule(Channel& channel, const Received& received);
    void hear_stranger(Channel& channel, const Received& received);
    std::string run_turn(Channel& channel, const Received& received, const std::string& person);
    std::string text_of_turn(const std::string& session, const std::string& turn);
    void end_with(const Received& received, const std::string& text,
                  const flow::Label& label = flow::Label::nothing());
    // The text, where to, and under which key.
    static std::vector<Answer> pieces_of(Channel& channel, const Outgoing& whole);
    // Of what was seen in a session, where the conversation's group is not open to all of it.
    flow::Label label_said(const Channel& channel, const Spot& spot, const std::string& session);
    void say_that_it_is_not_said(Channel& channel, const Outgoing& message);
    void deliver(const Answer& answer);
    enum class Before : std::uint8_t { never, perhaps };  // whether it was sent
    Sent send_until_settled(Channel& channel, const Outgoing& message, Before before);
    // desk_cards.cc
    struct CardNews {
        std::string approval;
        std::string card;
        flow::Label label;
    };
    void show_cards(Channel& channel, const Spot& spot, const CardNews& news);
    bool show_card(Channel& channel, const Spot& spot, const CardNews& news);
    void settle_cards(const std::string& approval, const std::string& outcome);
    void take_news(const wire::Json& news);
    void answer_refused(const wire::Json& told);

    Parts parts_;
    const DeskLimits limits_;
    os::WakeUp stop_;
    std::map<std::string, std::unique_ptr<Channel>> channels_;
    mutable std::mutex mutex_;  // guards all below
    std::map<std::string, Conversation> conversations_;
    std::deque<std::string> ready_;  // keys of conversations that have work and no worker
    std::size_t workers_ = 0;
    std::size_t waiting_ = 0;
    std::map<std::string, std::shared_ptr<Running>> running_;  // by turn
    std::map<std::string, std::int64_t> halted_;  // by account: rows up to this are not worked on
    std::map<std::string, std::vector<std::pair<std::string, Posted>>> cards_;  // by approval
    net::Crew crew_;
};

// Whether a turn was begun by a message of a channel: then the message goes on with it.
bool is_of_channel(const agent::TurnFacts& turn);

}  // namespace hs::channels
