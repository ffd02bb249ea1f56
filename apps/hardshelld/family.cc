#include "hardshelld/family.h"

#include <poll.h>
#include <signal.h>

#include "os/environment.h"
#include "os/socket.h"
#include "os/wait.h"

namespace hs::daemon {

using base::Result;

namespace {

// The members need no environment but these; a key in the environment never reaches them.
std::vector<std::string> small_environment() {
    std::vector<std::string> kept{"PATH=/usr/bin:/bin"};
    for (const char* name : {"HOME", "LANG", "TZ", "DBUS_SESSION_BUS_ADDRESS", "XDG_RUNTIME_DIR",
                             "ASAN_OPTIONS", "TSAN_OPTIONS"}) {
        if (const auto value = os::environment(name)) kept.push_back(name + ("=" + *value));
    }
    return kept;
}

}  // namespace

Result<> Family::spawn(const std::string& name, std::vector<std::string> arguments,
                       const std::vector<std::pair<int, int>>& descriptors) {
    os::SpawnOptions options;
    options.program = places_.programs + "/" + name;
    options.environment = small_environment();
    options.descriptors = descriptors;
    options.arguments = std::move(arguments);
    members_.push_back({name, TRY(os::Process::spawn(options))});
    return {};
}

Result<FamilySockets> Family::start() {
    members_.clear();
    auto daemon_keeper = TRY(os::stream_pair());
    auto daemon_egress = TRY(os::stream_pair());
    auto daemon_launcher = TRY(os::stream_pair());
    auto keeper_egress = TRY(os::stream_pair());
    auto keeper_launcher = TRY(os::stream_pair());
    TRY(spawn("hardshell-keeper", {places_.state, places_.config, places_.home, places_.programs},
              {{daemon_keeper.second.get(), 3},
               {keeper_launcher.first.get(), 4},
               {keeper_egress.first.get(), 5}}));
    TRY(spawn("hardshell-egress", {},
              {{daemon_egress.second.get(), 3}, {keeper_egress.second.get(), 4}}));
    TRY(spawn("hardshell-launcher",
              {"--daemon-fd", "3", "--keeper-fd", "4", "--hide", places_.state},
              {{daemon_launcher.second.get(), 3}, {keeper_launcher.second.get(), 4}}));
    return FamilySockets{std::move(daemon_keeper.first), std::move(daemon_egress.first),
                         std::move(daemon_launcher.first)};
}

std::optional<std::string> Family::await_end(const os::WakeUp& wake_up) {
    std::vector<pollfd> items{{wake_up.fd(), POLLIN, 0}};
    for (const Member& member : members_) items.push_back({member.process.pidfd(), POLLIN, 0});
    while (::poll(items.data(), items.size(), -1) < 0) {
    }
    if (items[0].revents != 0) return std::nullopt;
    for (std::size_t i = 1; i < items.size(); ++i) {
        if (items[i].revents != 0) return members_[i - 1].name;
    }
    return std::nullopt;
}

void Family::stop(std::int64_t patience_ms) {
    const os::Deadline deadline = os::Deadline::after_ms(patience_ms);
    // Started first, ended last.
    while (!members_.empty()) {
        members_.back().process.signal(SIGTERM);
        const auto ended = members_.back().process.wait(deadline);
        static_cast<void>(ended.ok());  // the destructor kills what did not end
        members_.pop_back();
    }
}

std::vector<std::pair<std::string, pid_t>> Family::members() const {
    std::vector<std::pair<std::string, pid_t>> list;
    for (const Member& member : members_) list.emplace_back(member.name, member.process.pid());
    return list;
}

}  // namespace hs::daemon
