// LauncherClient: the daemon's end of the channel to hardshell-launcher.
//
// What it does not protect from: starting what was not permitted. The launcher checks the ticket
// against the very bytes it is given; this side only carries them.
// Threads: all functions from any thread; one reader thread of its own.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <thread>
#include <vector>

#include "base/bytes.h"
#include "base/guarded.h"
#include "base/result.h"
#include "jail/outcome.h"
#include "os/channel.h"
#include "os/wait.h"

namespace hs::sandbox {

struct LauncherLink;
struct RunState;

// One command in the launcher's hands. Dropping it kills the command.
class LaunchedCommand {
  public:
    ~LaunchedCommand();
    LaunchedCommand(LaunchedCommand&&) noexcept = default;
    LaunchedCommand& operator=(LaunchedCommand&&) noexcept = default;

    // Waits until nothing of the sandbox is left. The launcher's refusal is its Error (denied,
    // exhausted …); timed_out at the deadline and cancelled by the wake-up leave it running;
    // io when the launcher is gone, and with it every sandbox.
    base::Result<jail::Outcome> wait(os::Deadline deadline, const os::WakeUp* wake_up = nullptr);
    // The outer end of the run's own terminal, once; waits until the sandbox has made it.
    // not_found when it ended before, or its specification asks for none.
    base::Result<os::Fd> terminal(os::Deadline deadline);
    // Kills every process of the sandbox at once; wait() then yields the Outcome.
    void kill();
    bool finished() const;
    // Becomes readable when wait() would not block.
    int finished_fd() const;

  private:
    friend class LauncherClient;
    LaunchedCommand(std::shared_ptr<LauncherLink> link, std::shared_ptr<RunState> state)
        : link_(std::move(link)), state_(std::move(state)) {}
    // Shared with the reader thread, which may end first.
    std::shared_ptr<LauncherLink> link_;
    std::shared_ptr<RunState> state_;
};

class LauncherClient {
  public:
    static constexpr std::size_t commands_max = 256;

    explicit LauncherClient(os::Fd socket);
    // Every command that still runs is killed, because the launcher sees us go.
    ~LauncherClient();
    LauncherClient(const LauncherClient&) = delete;
    LauncherClient& operator=(const LauncherClient&) = delete;

    // Sends the request and returns without waiting for the answer. `descriptors` are standard
    // input, output, error, then one regular file for each staged file; they stay the caller's.
    base::Result<LaunchedCommand> start(base::ByteView ticket, base::ByteView spec,
                                        const std::vector<int>& descriptors);
    // The launcher answers; io when it is gone, timed_out when it does not in time.
    base::Result<> ping(os::Deadline deadline);

  private:
    base::Result<std::shared_ptr<RunState>> enter_state(LauncherLink& link);

    // Shared with the commands, which may outlive the client.
    std::shared_ptr<LauncherLink> link_;
    std::thread reader_;
};

}  // namespace hs::sandbox
