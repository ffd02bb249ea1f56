// CommandDesk: runs commands for a person at this machine: `hardshell sandbox run`. Each is
// decided, recorded and sandboxed as the assistant's own commands are.
//
// The person's program hands over its pipes; the bytes never pass through hardshelld. When its
// connection ends, everything that it started is killed.
// What it does not protect from: another program of the same user; it is the same person to us.
// Threads: one that accepts, one a command.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "base/clock.h"
#include "gate/gate.h"
#include "gate/settings.h"
#include "jail/outcome.h"
#include "net/crew.h"
#include "os/wait.h"
#include "sandbox/launcher_client.h"
#include "wire/json.h"

namespace hs::control {

class CommandDesk {
  public:
    static constexpr std::size_t commands_max = 32;

    struct Parts {
        gate::Gate& gate;
        const gate::Settings& settings;
        const base::Clock& clock;
        std::function<std::shared_ptr<sandbox::LauncherClient>()> launcher;
    };
    static base::Result<std::unique_ptr<CommandDesk>> open(const std::string& socket, Parts parts);
    // Kills what runs and waits for it.
    ~CommandDesk();
    CommandDesk(const CommandDesk&) = delete;
    CommandDesk& operator=(const CommandDesk&) = delete;

  private:
    CommandDesk(os::Fd listener, Parts parts, os::WakeUp stop);
    void accept_people();

    Parts parts_;
    os::Fd listener_;
    os::WakeUp stop_;
    net::Crew crew_;
    std::thread thread_;
};

// An outcome as people and records read it.
wire::Json to_json(const jail::Outcome& outcome);

}  // namespace hs::control
