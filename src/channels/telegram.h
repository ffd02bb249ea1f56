// Telegram by long polling (core.telegram.org/bots/api): no address of ours is needed.
//
// What it is for: the next poll asks for what comes after the last message that is durable, so
// Telegram itself remembers what we have not. The token stands in the path; egress puts it there.
// What it does not protect from: Telegram cannot be asked whether a message has arrived; when the
// connection breaks in that moment, an answer may come twice.
// Threads: as platform.h says.
#pragma once

#include "base/guarded.h"
#include "channels/passage.h"
#include "channels/platform.h"

namespace hs::channels {

struct TelegramTimes {
    std::int64_t poll_s = 25;
    std::int64_t spin_ms = 200;
    std::int64_t retry_ms = 500;
    std::int64_t retry_max_ms = 30'000;
};

class Telegram : public Platform {
  public:
    explicit Telegram(std::unique_ptr<Passage> passage, const TelegramTimes& times = {})
        : passage_(std::move(passage)), times_(times) {}

    const Traits& traits() const override;
    Health health() const override;
    void run(Receiver& receiver, const os::WakeUp& stop) override;
    base::Result<std::string> probe() override;
    Sent send(const Outgoing& message) override;
    Sent ask(const Card& card) override;
    base::Result<> settle(const Posted& card, const std::string& text) override;
    void typing(const Spot& spot) override;

  private:
    struct Us {
        std::string id;
        std::string name;  // without @
    };
    base::Result<WebAnswer> call(const std::string& method, const std::string& conversation,
                                 const wire::Json& body, const os::WakeUp* stop,
                                 std::int64_t wait_ms = 30'000,
                                 const flow::Label& label = flow::Label::unknown());
    base::Result<> learn_us(const os::WakeUp* stop);
    // nothing_at_once: a server that does not wait must not make us spin.
    enum class Polled : std::uint8_t { well, nothing_at_once };
    base::Result<Polled> poll(Receiver& receiver, const os::WakeUp& stop);
    Sent post(const std::string& method, const std::string& conversation, const wire::Json& body,
              const flow::Label& label);
    void answer_press(const std::string& query);
    void set_state(const std::string& state, const std::string& problem = "");

    std::unique_ptr<Passage> passage_;
    const TelegramTimes times_;
    std::int64_t offset_ = 0;  // of run()'s thread
    base::Guarded<Health> health_;
    base::Guarded<Us> us_;
};

// One update of getUpdates. Pure, for the fuzzer.
struct TelegramUpdate {
    std::int64_t id = 0;
    std::optional<Incoming> message;
    std::string press;  // a button was pressed: the query's id
};
base::Result<std::vector<TelegramUpdate>> parse_telegram(std::string_view text,
                                                         const std::string& our_id,
                                                         const std::string& our_name);

}  // namespace hs::channels
