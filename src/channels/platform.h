// Platform: one chat platform as the desk sees it. One file a platform implements it.
//
// What it is for: whatever Slack, Telegram, Discord and others differ in ends here. A platform
// turns what arrives into Incoming with the identity that the platform vouches for, and drops by
// itself what no person has just said: bots, edits, its own messages. What it does not protect
// from: a platform that lies about its users. Threads: run() on a thread of its own; everything
// else from any thread at once.
#pragma once

#include <functional>
#include <memory>

#include "base/result.h"
#include "channels/message.h"
#include "os/wait.h"
#include "wire/json.h"

namespace hs::channels {

// What a platform hands to.
class Receiver {
  public:
    virtual ~Receiver() = default;
    // Keeps the message; `kept` is told once it is durable, or why it is not: then the platform is
    // not to be told that it arrived. A repetition counts as kept. May be called on another thread.
    virtual void take(Incoming message, std::function<void(base::Result<>)> kept) = 0;
    // Something was refused or not understood: for the record.
    virtual void note(const std::string& what) = 0;
};

struct Traits {
    std::size_t text_bytes_max = 4000;  // of one message
    bool has_buttons = true;
    enum class Dialect : std::uint8_t { plain, slack, markdown } dialect = Dialect::plain;
};

struct Health {
    std::string state = "starting";  // "connected", "waiting", "failed", "stopped"
    std::string problem;
    std::uint64_t received = 0;
    std::uint64_t sent = 0;
    std::uint64_t connections = 0;
};

class Platform {
  public:
    virtual ~Platform() = default;

    virtual const Traits& traits() const = 0;
    virtual Health health() const = 0;
    // Connects, receives and connects again until `stop` is raised.
    virtual void run(Receiver& receiver, const os::WakeUp& stop) = 0;
    // Asks the platform who we are: for `hardshell channel test`.
    virtual base::Result<std::string> probe() = 0;

    // Text is in the platform's own dialect and within its limit already.
    virtual Sent send(const Outgoing& message) = 0;
    // After an unsure send: the id under which the message arrived, or empty.
    virtual base::Result<std::string> find_sent(const Outgoing&) { return std::string(); }
    virtual Sent ask(const Card& card) = 0;
    // The card's outcome takes the place of its buttons.
    virtual base::Result<> settle(const Posted& card, const std::string& text) = 0;
    // For one account's eyes, where the platform can.
    virtual void whisper(const Spot&, const Account&, const std::string&) {}
    virtual void typing(const Spot&) {}
};

}  // namespace hs::channels
