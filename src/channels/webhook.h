// A webhook of the person's own: a program that signs what it posts (standardwebhooks.com) talks to
// the assistant, or begins a schedule. docs/channels/webhook.md has the messages.
//
// What it is for: monitoring, forms and intranet chat without a connector. The secret's holder
// vouches for who wrote. Answers are posted to the channel's url, where it has one.
// What it does not protect from: a program that vouches for anybody; approvals are off on the
// channel unless its owner says otherwise. Threads: as platform.h says.
#pragma once

#include "base/guarded.h"
#include "channels/listening.h"
#include "channels/passage.h"
#include "channels/platform.h"

namespace hs::channels {

class Webhook : public Platform {
  public:
    explicit Webhook(std::unique_ptr<Passage> passage, const ListenTimes& times = {})
        : passage_(std::move(passage)), times_(times) {}

    const Traits& traits() const override;
    Health health() const override;
    void run(Receiver& receiver, const os::WakeUp& stop) override;
    base::Result<std::string> probe() override;
    Sent send(const Outgoing& message) override;
    Sent ask(const Card& card) override;
    base::Result<> settle(const Posted& card, const std::string& text) override;

  private:
    void take(Receiver& receiver, const egress::Hook& hook, std::function<void(bool)> kept);
    Sent post(const std::string& type, const Spot& spot, wire::Json data, const flow::Label& label);

    std::unique_ptr<Passage> passage_;
    const ListenTimes times_;
    base::Guarded<Health> health_;
};

// What a request says: a message or the beginning of a schedule; invalid_input names what is wrong.
// Pure, for the fuzzer.
base::Result<Incoming> parse_webhook(const std::string& id, std::string_view text);

}  // namespace hs::channels
