// WhatsApp's Cloud API (developers.facebook.com/docs/whatsapp/cloud-api): Meta delivers signed
// webhooks to a listener of ours, answers go by the Graph API.
//
// What it is for: one phone number of a business. Identity is the sender's number as Meta vouches
// for it. A repetition is known by the message's id; what is older than a week is refused, and ids
// are remembered for longer than that. What it does not protect from: a number that changed hands.
// Threads: as platform.h says.
#pragma once

#include <deque>
#include <map>

#include "base/clock.h"
#include "base/guarded.h"
#include "channels/listening.h"
#include "channels/passage.h"
#include "channels/platform.h"

namespace hs::channels {

class WhatsApp : public Platform {
  public:
    WhatsApp(std::unique_ptr<Passage> passage, const base::Clock& clock,
             const ListenTimes& times = {})
        : passage_(std::move(passage)), clock_(clock), times_(times) {}

    const Traits& traits() const override;
    Health health() const override;
    void run(Receiver& receiver, const os::WakeUp& stop) override;
    base::Result<std::string> probe() override;
    Sent send(const Outgoing& message) override;
    base::Result<std::string> find_sent(const Outgoing& message) override;
    Sent ask(const Card& card) override;
    base::Result<> settle(const Posted& card, const std::string& text) override;

  private:
    // Keys of ours that Meta has told us of in statuses, and under which id.
    struct Seen {
        std::map<std::string, std::string> ids;
        std::deque<std::string> order;
    };
    void take(Receiver& receiver, const egress::Hook& hook, std::function<void(bool)> kept);
    Sent post(const std::string& conversation, wire::Json body, const flow::Label& label);

    std::unique_ptr<Passage> passage_;
    const base::Clock& clock_;
    const ListenTimes times_;
    base::Guarded<Health> health_;
    base::Guarded<Seen> seen_;
};

// What a webhook of Meta's says. Pure, for the fuzzer.
struct WhatsAppNews {
    std::vector<Incoming> messages;
    std::vector<std::pair<std::string, std::string>> seen;  // our key, the message's id
    std::vector<std::string> notes;  // what was not understood, or not delivered
};
// `account` is the phone number's id that is ours.
base::Result<WhatsAppNews> parse_whatsapp(std::string_view text, const std::string& account,
                                          base::WallTime_ms now_ms);

}  // namespace hs::channels
