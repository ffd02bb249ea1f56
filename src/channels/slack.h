// Slack over Socket Mode (docs.slack.dev): events come on a WebSocket that we open, answers go by
// the Web API.
//
// What it is for: one app a person. An envelope is acknowledged once its message is durable; Slack
// repeats what is not. Edits, bots and our own messages are dropped. Identity is (team, user id).
// What it does not protect from: an app that was given more scopes than the manifest asks for.
// Threads: as platform.h says.
#pragma once

#include <atomic>

#include "base/guarded.h"
#include "channels/passage.h"
#include "channels/platform.h"

namespace hs::channels {

struct SlackTimes {
    std::int64_t hello_ms = 15'000;
    std::int64_t retry_ms = 500;  // the first pause after a failure; it doubles
    std::int64_t retry_max_ms = 30'000;
    std::int64_t drain_ms = 500;  // of an old connection, once the new one is there
};

class Slack : public Platform {
  public:
    explicit Slack(std::unique_ptr<Passage> passage, const SlackTimes& times = {})
        : passage_(std::move(passage)), times_(times) {}

    const Traits& traits() const override;
    Health health() const override;
    void run(Receiver& receiver, const os::WakeUp& stop) override;
    base::Result<std::string> probe() override;
    Sent send(const Outgoing& message) override;
    base::Result<std::string> find_sent(const Outgoing& message) override;
    Sent ask(const Card& card) override;
    base::Result<> settle(const Posted& card, const std::string& text) override;
    void whisper(const Spot& spot, const Account& account, const std::string& text) override;

  private:
    using Line = std::shared_ptr<egress::MessageLine>;
    struct Us {
        std::string user;
        std::string team;
    };

    base::Result<wire::Json> call(const std::string& method, const std::string& conversation,
                                  const wire::Json& body, const os::WakeUp* stop,
                                  const flow::Label& label = flow::Label::unknown());
    base::Result<> learn_us(const os::WakeUp* stop);
    base::Result<Line> connect(const os::WakeUp& stop);
    base::Result<> serve(Line& line, Receiver& receiver, const os::WakeUp& stop);
    // True when the platform asks for another connection.
    bool take(const Line& line, Receiver& receiver, const std::string& text);
    Sent post(const std::string& method, const std::string& conversation, wire::Json body,
              const flow::Label& label);
    void set_state(const std::string& state, const std::string& problem = "");

    std::unique_ptr<Passage> passage_;
    const SlackTimes times_;
    base::Guarded<Health> health_;
    base::Guarded<Us> us_;
};

// What a Socket Mode envelope says: a message of a person, or nothing and why. Pure, for the
// fuzzer.
struct SlackEvent {
    std::string envelope;  // empty: no envelope
    std::string type;      // "hello", "disconnect", "events_api", …
    std::string ignored;   // why no message comes of it, where that is worth a record
    std::string reason;    // of a disconnect
    std::optional<Incoming> message;
};
base::Result<SlackEvent> parse_slack(std::string_view text, const std::string& our_user);

}  // namespace hs::channels
