// Discord over its gateway (docs.discord.com): events come on a WebSocket that is resumed after a
// break, answers go by HTTP.
//
// What it is for: heartbeats, resume with the last event that is durable, buttons. Identity is the
// user id, which is Discord's own everywhere. Discord itself drops an answer that comes twice
// (nonce). What it does not protect from: what was said while hardshelld did not run; Discord keeps
// a session for minutes only. Threads: as platform.h says.
#pragma once

#include <atomic>

#include "base/guarded.h"
#include "channels/passage.h"
#include "channels/platform.h"

namespace hs::channels {

struct DiscordTimes {
    std::int64_t hello_ms = 15'000;
    std::int64_t retry_ms = 1'000;
    std::int64_t retry_max_ms = 60'000;
    std::int64_t fatal_ms = 600'000;  // after a refusal that repeating does not mend
};

// One payload of the gateway. Pure, for the fuzzer.
struct DiscordEvent {
    std::int64_t op = -1;
    std::int64_t sequence = 0;  // 0: none
    std::string type;
    std::int64_t heartbeat_ms = 0;  // of Hello
    bool can_resume = false;        // of Invalid Session
    std::string session;            // of READY
    std::string resume_url;
    std::string our_user;
    std::string interaction;  // a button was pressed: ids with which it is acknowledged
    std::string interaction_token;
    std::optional<Incoming> message;
};
base::Result<DiscordEvent> parse_discord(std::string_view text, const std::string& our_user);

class Discord : public Platform {
  public:
    Discord(std::unique_ptr<Passage> passage, base::Random& random, const DiscordTimes& times = {})
        : passage_(std::move(passage)), random_(random), times_(times) {}

    const Traits& traits() const override;
    Health health() const override;
    void run(Receiver& receiver, const os::WakeUp& stop) override;
    base::Result<std::string> probe() override;
    Sent send(const Outgoing& message) override;
    Sent ask(const Card& card) override;
    base::Result<> settle(const Posted& card, const std::string& text) override;
    void typing(const Spot& spot) override;

  private:
    // What a resume needs; `kept` is the last event of which everything before is durable.
    struct Session {
        std::string id;
        std::string url;
        std::string our_user;
        std::int64_t seen = 0;
    };
    struct Kept;
    class Beat;

    base::Result<WebAnswer> call(const std::string& method, const std::string& path,
                                 const std::string& conversation, const wire::Json& body,
                                 const os::WakeUp* stop, const std::string& credential,
                                 const flow::Label& label = flow::Label::unknown());
    base::Result<> serve(Receiver& receiver, const os::WakeUp& stop);
    base::Result<> greet(egress::MessageLine& line);
    base::Result<> take(egress::MessageLine& line, Beat& beat, Receiver& receiver,
                        const std::string& text);
    Sent post(const std::string& method, const std::string& path, const std::string& conversation,
              const wire::Json& body, const flow::Label& label);
    void set_state(const std::string& state, const std::string& problem = "");

    std::unique_ptr<Passage> passage_;
    base::Random& random_;
    const DiscordTimes times_;
    Session session_;  // of run()'s thread
    std::shared_ptr<Kept> kept_;
    base::Guarded<Health> health_;
};

}  // namespace hs::channels
