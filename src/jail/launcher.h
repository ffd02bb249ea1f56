// Launcher: the loop of hardshell-launcher. It starts a sandbox for each request whose Ticket is
// the keeper's, watches them all, and ends them all when told or when left alone.
//
// Order of checks for a request, before anything of it is used: MAC, expiry and generation of the
// Ticket; its kind; the SHA-256 of the specification's bytes against its digest; single use. Only
// then is the specification parsed.
// What it does not protect from: a keeper that issues a ticket for too much.
// Threads: one. No thread is ever started in this process, because it clones.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "crypto/secret.h"
#include "crypto/ticket.h"
#include "jail/cell.h"
#include "jail/frames.h"
#include "os/channel.h"

namespace hs::jail {

struct LauncherSettings {
    std::vector<std::string> hidden;  // paths of the host that no sandbox may show
    int landlock_abi_max = 0;
    bool prepares = true;  // keep one sandbox ready for the next run
};

class Launcher {
  public:
    static constexpr std::size_t cells_max = 64;
    static constexpr std::size_t tickets_max = 65536;
    static constexpr std::int64_t frame_patience_ms = 2000;
    // After so long without anything to do the next sandbox is prepared.
    static constexpr int quiet_ms = 2;

    // Builds the call filter and looks for control groups.
    static base::Result<std::unique_ptr<Launcher>> make(LauncherSettings settings, os::Fd daemon,
                                                        os::Fd keeper, const base::Clock& clock);
    // Serves until the daemon or the keeper is gone (success) or sends what is no frame (corrupt).
    // Every sandbox has ended when it returns.
    base::Result<> run();

  private:
    struct Permitted {
        os::LaunchSpec spec;
        crypto::TicketNonce nonce;
    };
    Launcher(os::Fd daemon, os::Fd keeper, const base::Clock& clock)
        : clock_(clock),
          daemon_(std::move(daemon)),
          keeper_(std::move(keeper)),
          guard_(tickets_max) {}

    base::Result<> serve_once();
    base::Result<> receive_frames(os::Channel& channel, short events);
    base::Result<> take_keeper_frame(const os::Frame& frame);
    base::Result<> take_daemon_frame(os::Frame frame);
    base::Result<> start_run(os::Frame frame);
    base::Result<Permitted> check_request(const os::Frame& frame);
    base::Result<> refuse(std::uint64_t id, const base::Error& error);
    base::Result<> hand_over(std::uint64_t id, Cell& cell);
    base::Result<> collect_finished();
    bool wants_prepared() const;
    int poll_timeout_ms() const;
    base::Result<> send(std::uint64_t id, LauncherFrame kind, base::ByteView payload);

    const base::Clock& clock_;
    os::Channel daemon_;
    os::Channel keeper_;
    crypto::SecretBytes ticket_key_;
    std::uint64_t generation_ = 0;
    crypto::TicketGuard guard_;
    CellShop shop_;
    std::map<std::uint64_t, std::unique_ptr<Cell>> cells_;
};

}  // namespace hs::jail
