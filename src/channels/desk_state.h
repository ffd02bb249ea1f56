// What the desk holds of each channel, conversation and turn. Inside the channels room only.
// Threads: as desk.h says; a Channel's maps are guarded by its own mutex.
#pragma once

#include "channels/desk.h"

namespace hs::channels {

struct Desk::Channel {
    struct Count {
        std::int64_t minute = 0;
        std::int64_t messages = 0;
        bool told = false;
    };
    gate::ChannelSetting setting;
    std::unique_ptr<Platform> platform;
    std::unique_ptr<Door> door;
    std::thread thread;
    std::mutex mutex;
    std::map<std::string, Count> counts;  // by account
};

struct Desk::Work {
    std::optional<Received> message;
    std::optional<Answer> answer;
};

struct Desk::Conversation {
    std::deque<Work> works;
    bool is_active = false;  // in ready_ or with a worker
};

struct Desk::Running {
    explicit Running(os::WakeUp wake_up) : cancel(std::move(wake_up)) {}
    std::string person;
    os::WakeUp cancel;
};

// What a platform hands its messages to.
class Desk::Door : public Receiver {
  public:
    Door(Desk& desk, Channel& channel) : desk_(desk), channel_(channel) {}
    void take(Incoming message, std::function<void(base::Result<>)> kept) override {
        desk_.receive(channel_, std::move(message), std::move(kept));
    }
    void note(const std::string& what) override {
        const auto told = desk_.parts_.gate.record(
            "sign_in",
            wire::JsonObject{
                {"outcome", "refused"}, {"reason", what}, {"channel", channel_.setting.name}},
            gate::Durable::later);
        static_cast<void>(told.ok());
    }

  private:
    Desk& desk_;
    Channel& channel_;
};

// Whether a message says nothing but that work is to stop.
bool is_stop(std::string_view text);

inline std::string key_of(const std::string& channel, const Spot& spot) {
    return channel + '\n' + spot.conversation + '\n' + spot.thread;
}
inline std::string key_of(const std::string& channel, const Account& account) {
    return channel + '\n' + account.tenant + '\n' + account.user;
}

}  // namespace hs::channels
