#include "jail/launcher.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <cerrno>

#include "base/pack.h"
#include "crypto/hash.h"
#include "os/error.h"

namespace hs::jail {
namespace {

using base::Code;
using base::fail;
using base::Result;
using os::Fd;

constexpr std::size_t standard_descriptors = 3;
constexpr std::size_t key_bytes_min = 16;
constexpr std::size_t key_bytes_max = 64;

// The pages that hold the key read as zeros in every child. The key lies in whole pages of its own
// (libsodium's guarded heap).
Result<> hide_from_children(base::ByteView key) {
    const auto page = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
    const auto start = reinterpret_cast<std::uintptr_t>(key.data()) & ~(page - 1);
    const auto end = reinterpret_cast<std::uintptr_t>(key.data()) + key.size();
    if (::madvise(reinterpret_cast<void*>(start), end - start, MADV_WIPEONFORK) == 0) return {};
    return os::fail_errno("hiding the ticket key from children", errno);
}

// A pipe, a regular file or /dev/null. A folder would be a way out of the root, a terminal can be
// typed into, and a socket can carry descriptors.
Result<> check_standard(int fd) {
    struct stat facts {};
    if (::fstat(fd, &facts) != 0)
        return os::fail_errno("looking at standard input or output", errno);
    const int flags = ::fcntl(fd, F_GETFL);
    const bool null = S_ISCHR(facts.st_mode) && facts.st_rdev == ::makedev(1, 3);
    const bool plain = S_ISFIFO(facts.st_mode) || S_ISREG(facts.st_mode) || null;
    if (plain && flags >= 0 && (flags & O_PATH) == 0) return {};
    return fail(
        Code::denied,
        "standard input, output and error must each be a pipe, a regular file or /dev/null");
}

}  // namespace

Result<std::unique_ptr<Launcher>> Launcher::make(LauncherSettings settings, Fd daemon, Fd keeper,
                                                 const base::Clock& clock) {
    std::unique_ptr<Launcher> launcher(new Launcher(std::move(daemon), std::move(keeper), clock));
    launcher->shop_.filter = TRY(CallFilter::build());
    launcher->shop_.hidden = std::move(settings.hidden);
    launcher->shop_.landlock_abi_max = settings.landlock_abi_max;
    launcher->shop_.prepares = settings.prepares;
    return launcher;
}

Result<> Launcher::run() {
    while (true) {
        const Result<> served = serve_once();
        if (served) continue;
        cells_.clear();
        shop_.drop_prepared();
        if (served.error().code == Code::cancelled) return {};
        return served;
    }
}

bool Launcher::wants_prepared() const {
    return shop_.prepares && !shop_.warm.ready() && !ticket_key_.empty();
}

int Launcher::poll_timeout_ms() const {
    auto next = std::chrono::steady_clock::time_point::max();
    for (const auto& [id, cell] : cells_) next = std::min(next, cell->next_check());
    const int left_ms = os::Deadline(next).left_ms();
    if (!wants_prepared()) return left_ms;
    return left_ms < 0 ? quiet_ms : std::min(left_ms, quiet_ms);
}

Result<> Launcher::serve_once() {
    std::vector<struct pollfd> polled = {
        {daemon_.fd(), POLLIN, 0}, {keeper_.fd(), POLLIN, 0}, {shop_.warm.mounts_fd(), POLLPRI, 0}};
    for (const auto& [id, cell] : cells_) {
        for (const int fd : {cell->reports_fd(), cell->listener_fd(), cell->process_fd()}) {
            polled.push_back({fd, POLLIN, 0});
        }
    }
    const int ready = ::poll(polled.data(), polled.size(), poll_timeout_ms());
    if (ready < 0 && errno != EINTR) return os::fail_errno("waiting", errno);
    if (ready == 0 && wants_prepared()) shop_.prepare();
    if (polled[2].revents != 0) shop_.drop_prepared();
    // Cells first: a frame may start or end one, which would move the positions.
    std::size_t at = 3;
    const auto now = std::chrono::steady_clock::now();
    for (const auto& [id, cell] : cells_) {
        if (polled[at].revents != 0) {
            cell->on_reports();
            TRY(hand_over(id, *cell));
        }
        if (polled[at + 1].revents != 0) cell->on_listener(polled[at + 1].revents);
        if (polled[at + 2].revents != 0) cell->on_process();
        if (!cell->finished()) cell->check_limits(now);
        at += 3;
    }
    TRY(collect_finished());
    // The keeper before the daemon: a revocation counts for the request that waits beside it.
    TRY(receive_frames(keeper_, polled[1].revents));
    return receive_frames(daemon_, polled[0].revents);
}

// The listeners of a sandbox's network go to the keeper, who knows whose run this is; its terminal
// goes to who asked for the run.
Result<> Launcher::hand_over(std::uint64_t id, Cell& cell) {
    const auto numbers = [](const std::vector<Fd>& descriptors) {
        std::vector<int> list;
        for (const Fd& one : descriptors) list.push_back(one.get());
        return list;
    };
    const std::vector<Fd> outlets = cell.take_outlets();
    if (!outlets.empty()) {
        TRY(keeper_.send(id, static_cast<std::uint16_t>(LauncherFrame::outlets), cell.nonce(),
                         numbers(outlets)));
    }
    const Fd terminal = cell.take_terminal();
    if (!terminal) return {};
    return daemon_.send(id, static_cast<std::uint16_t>(LauncherFrame::terminal), {},
                        {terminal.get()});
}

Result<> Launcher::collect_finished() {
    for (auto at = cells_.begin(); at != cells_.end();) {
        if (!at->second->finished()) {
            ++at;
            continue;
        }
        if (at->second->has_network()) {
            TRY(keeper_.send(at->first, static_cast<std::uint16_t>(LauncherFrame::outlets_end),
                             at->second->nonce()));
        }
        TRY(send(at->first, LauncherFrame::ended, pack_outcome(at->second->outcome())));
        at = cells_.erase(at);
    }
    return {};
}

Result<> Launcher::receive_frames(os::Channel& channel, short events) {
    if (events == 0) return {};
    do {
        os::Frame frame = TRY(channel.receive(os::Deadline::after_ms(frame_patience_ms)));
        if (&channel == &keeper_) {
            TRY(take_keeper_frame(frame));
        } else {
            TRY(take_daemon_frame(std::move(frame)));
        }
    } while (channel.buffered());
    return {};
}

Result<> Launcher::take_keeper_frame(const os::Frame& frame) {
    base::Unpacker in(frame.payload);
    const auto kind = static_cast<LauncherFrame>(frame.kind);
    if (kind == LauncherFrame::key) {
        const base::ByteView key = TRY(in.bytes());
        generation_ = TRY(in.u64());
        TRY(in.finish());
        if (key.size() < key_bytes_min || key.size() > key_bytes_max) {
            return fail(Code::corrupt, "the keeper sent a ticket key of a wrong size");
        }
        ticket_key_ = crypto::SecretBytes::copy_of(key);
        TRY(hide_from_children(ticket_key_.view()));
        crypto::wipe({const_cast<std::uint8_t*>(key.data()), key.size()});
        shop_.drop_prepared();
        shop_.prepare();
    } else if (kind == LauncherFrame::generation) {
        generation_ = TRY(in.u64());
        TRY(in.finish());
    } else if (kind == LauncherFrame::stop_all) {
        for (const auto& [id, cell] : cells_) cell->kill(Ending::killed);
    } else {
        return fail(Code::corrupt, "the keeper sent a frame of an unknown kind");
    }
    return keeper_.send(frame.id, static_cast<std::uint16_t>(LauncherFrame::ready), {});
}

Result<> Launcher::take_daemon_frame(os::Frame frame) {
    const auto kind = static_cast<LauncherFrame>(frame.kind);
    if (kind == LauncherFrame::run) return start_run(std::move(frame));
    if (kind == LauncherFrame::ping) return send(frame.id, LauncherFrame::pong, {});
    if (kind != LauncherFrame::kill) {
        return fail(Code::corrupt, "the daemon sent a frame of an unknown kind");
    }
    const auto found = cells_.find(frame.id);
    if (found != cells_.end()) found->second->kill(Ending::killed);
    return {};
}

Result<Launcher::Permitted> Launcher::check_request(const os::Frame& frame) {
    base::Unpacker in(frame.payload);
    const base::ByteView ticket_bytes = TRY(in.bytes());
    const base::ByteView spec_bytes = TRY(in.bytes());
    TRY(in.finish());
    if (ticket_key_.empty()) {
        return fail(Code::denied, "the keeper has not handed over its key yet; try again");
    }
    const base::WallTime_ms now_ms = clock_.wall_ms();
    const auto ticket = TRY(crypto::check_ticket(ticket_key_, ticket_bytes, now_ms, generation_));
    if (ticket.kind != os::LaunchSpec::ticket_kind) {
        return fail(Code::denied, "the ticket is not one for a launch");
    }
    if (crypto::sha256(spec_bytes) != ticket.digest) {
        return fail(Code::denied, "the launch specification is not the one that was permitted");
    }
    TRY(guard_.use(ticket, now_ms));
    os::LaunchSpec spec = TRY(os::unpack_launch_spec(spec_bytes));
    if (frame.descriptors.size() != standard_descriptors + spec.staged.size()) {
        return fail(Code::invalid_input,
                    "a run needs three descriptors and one for each staged file");
    }
    for (std::size_t i = 0; i < standard_descriptors; ++i) {
        TRY(check_standard(frame.descriptors[i].get()));
    }
    return Permitted{std::move(spec), ticket.nonce};
}

Result<> Launcher::start_run(os::Frame frame) {
    const std::uint64_t id = frame.id;
    if (cells_.contains(id)) {
        return refuse(id, {Code::conflict, "this id belongs to a sandbox that runs", {}});
    }
    if (cells_.size() >= cells_max) {
        return refuse(id, {Code::exhausted,
                           "64 sandboxes run already; wait until one has ended or stop one",
                           {}});
    }
    auto permitted = check_request(frame);
    if (!permitted) return refuse(id, permitted.error());
    auto cell = Cell::start(shop_, std::move(permitted->spec), std::move(frame.descriptors),
                            permitted->nonce);
    if (!cell) {
        Outcome outcome;
        outcome.step = "namespaces";
        outcome.problem = cell.error().what;
        return send(id, LauncherFrame::ended, pack_outcome(outcome));
    }
    cells_.emplace(id, std::move(*cell));
    return send(id, LauncherFrame::started, {});
}

Result<> Launcher::refuse(std::uint64_t id, const base::Error& error) {
    base::Packer out;
    out.u8(static_cast<std::uint8_t>(error.code));
    out.text(error.what);
    return send(id, LauncherFrame::refused, out.view());
}

Result<> Launcher::send(std::uint64_t id, LauncherFrame kind, base::ByteView payload) {
    return daemon_.send(id, static_cast<std::uint16_t>(kind), payload);
}

}  // namespace hs::jail
