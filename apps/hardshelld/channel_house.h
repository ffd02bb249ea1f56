// ChannelHouse: the channels that this daemon serves, made from its settings, and what runs by the
// clock.
//
// What it does not protect from: see channels/desk.h. Threads: all functions from any thread.
#pragma once

#include <memory>

#include "channels/desk.h"
#include "channels/schedules.h"
#include "control/api.h"
#include "control/places.h"
#include "control/turns.h"
#include "hardshelld/actors.h"

namespace hs::daemon {

class ChannelHouse {
  public:
    struct Parts {
        const control::Places& places;
        const gate::Settings& settings;
        gate::Gate& gate;
        agent::Assistant& assistant;
        control::Turns& turns;
        const Actors& actors;
        const base::Clock& clock;
        base::Random& random;
        memory::Memory* memory = nullptr;  // none: it could not be opened
    };
    // Without a channel in the settings there are schedules alone.
    static base::Result<std::unique_ptr<ChannelHouse>> open(const Parts& parts);

    base::Result<> start();
    void stop();
    wire::Json health() const;
    base::Result<std::string> probe(const std::string& channel);
    // "list", "add" or "stop"; see docs/api.md.
    base::Result<wire::Json> schedules(const control::Caller& caller, std::string_view what,
                                       const wire::Json& body);

  private:
    explicit ChannelHouse(const Parts& parts) : parts_(parts) {}
    base::Result<> open_mailbox();
    void make_schedules();
    base::Result<> add(const gate::ChannelSetting& setting);
    std::string digest() const;

    Parts parts_;
    std::unique_ptr<channels::Mailbox> mailbox_;
    std::unique_ptr<channels::Desk> desk_;
    std::unique_ptr<channels::Schedules> schedules_;
};

}  // namespace hs::daemon
