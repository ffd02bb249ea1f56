#include "hardshell/command_relay.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <termios.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "control/command_frames.h"
#include "os/error.h"
#include "os/pipe.h"
#include "os/socket.h"

namespace hs::cli {

using base::Code;
using base::fail;
using base::Result;
using control::CommandFrame;
using wire::Json;

namespace {

constexpr std::size_t piece_bytes = std::size_t{64} << 10U;
constexpr std::int64_t frame_ms = 5'000;

Result<std::pair<os::Fd, os::Fd>> plain_pipe() {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) return os::fail_errno("making a pipe", errno);
    return std::pair(os::Fd(ends[0]), os::Fd(ends[1]));
}

bool write_whole(int to, const char* bytes, std::size_t size) {
    while (size > 0) {
        const ssize_t count = ::write(to, bytes, size);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0 && errno == EAGAIN) {
            pollfd item{to, POLLOUT, 0};
            ::poll(&item, 1, -1);
            continue;
        }
        if (count <= 0) return false;
        bytes += count;
        size -= static_cast<std::size_t>(count);
    }
    return true;
}

}  // namespace

Result<CommandRelay> CommandRelay::make(Terminal terminal) {
    CommandRelay relay;
    relay.terminal_ = terminal;
    if (terminal == Terminal::yes) {
        for (int i = 0; i < 3; ++i) relay.handed_.push_back(TRY(os::open_null()));
        return relay;
    }
    auto input = TRY(plain_pipe());
    auto output = TRY(plain_pipe());
    auto error = TRY(plain_pipe());
    relay.handed_.push_back(std::move(input.first));
    relay.handed_.push_back(std::move(output.second));
    relay.handed_.push_back(std::move(error.second));
    relay.input_ = std::move(input.second);
    relay.output_ = std::move(output.first);
    relay.error_ = std::move(error.first);
    TRY(os::set_blocking(relay.input_.get(), os::Blocking::no));
    return relay;
}

CommandRelay::~CommandRelay() {
    if (!raw_) return;
    termios mode{};
    std::memcpy(&mode, saved_mode_.data(), sizeof mode);
    ::tcsetattr(STDIN_FILENO, TCSADRAIN, &mode);
}

std::vector<int> CommandRelay::handed() const {
    std::vector<int> numbers;
    for (const os::Fd& one : handed_) numbers.push_back(one.get());
    return numbers;
}

void CommandRelay::close_handed() {
    handed_.clear();
}

Result<> CommandRelay::watch_signals() {
    sigset_t wanted;
    sigemptyset(&wanted);
    for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGWINCH})
        sigaddset(&wanted, number);
    ::sigprocmask(SIG_BLOCK, &wanted, nullptr);
    signals_ = os::Fd(::signalfd(-1, &wanted, SFD_CLOEXEC | SFD_NONBLOCK));
    if (!signals_) return os::fail_errno("watching signals", errno);
    return {};
}

void CommandRelay::show_size() const {
    winsize size{};
    if (!master_ || ::ioctl(STDIN_FILENO, TIOCGWINSZ, &size) != 0) return;
    ::ioctl(master_.get(), TIOCSWINSZ, &size);
}

// From here on every key goes to the command as it is typed.
void CommandRelay::take_terminal(os::Fd terminal) {
    master_ = std::move(terminal);
    static_cast<void>(os::set_blocking(master_.get(), os::Blocking::no).ok());
    show_size();
    termios mode{};
    if (::tcgetattr(STDIN_FILENO, &mode) != 0) return;
    saved_mode_.assign(reinterpret_cast<const char*>(&mode), sizeof mode);
    ::cfmakeraw(&mode);
    raw_ = ::tcsetattr(STDIN_FILENO, TCSADRAIN, &mode) == 0;
}

Result<> CommandRelay::take_signal() {
    signalfd_siginfo info{};
    if (::read(signals_.get(), &info, sizeof info) != sizeof info) return {};
    if (info.ssi_signo == SIGWINCH) {
        show_size();
        return {};
    }
    return fail(Code::cancelled, "stopped; everything that ran in the sandbox was killed");
}

// False once the command has ended.
Result<bool> CommandRelay::take_frames(os::Channel& channel, const OnFrame& on_frame) {
    do {
        auto frame = channel.receive(os::Deadline::after_ms(frame_ms));
        if (!frame) {
            return fail(Code::io, "hardshelld is gone, and the sandbox with it");
        }
        const auto kind = static_cast<CommandFrame>(frame->kind);
        const Json payload = TRY(wire::parse_json(base::text_of(frame->payload)));
        if (kind == CommandFrame::refused) {
            const auto code = wire::text_at_or(payload, "code", "");
            return fail(code && *code == "cancelled" ? Code::cancelled : Code::denied,
                        TRY(wire::text_at(payload, "what")));
        }
        if (kind == CommandFrame::ended) {
            outcome_ = payload;
            return false;
        }
        if (kind == CommandFrame::terminal && frame->descriptors.size() == 1) {
            take_terminal(std::move(frame->descriptors.front()));
        } else if (TRY(on_frame(*frame)) == Asked::give_up) {
            return fail(Code::conflict, "an approval is open");
        }
    } while (channel.buffered());
    return true;
}

// False at the end of `from`.
bool CommandRelay::pump(int from, int to) {
    std::array<char, piece_bytes> piece;
    const ssize_t count = ::read(from, piece.data(), piece.size());
    if (count < 0 && (errno == EINTR || errno == EAGAIN)) return true;
    if (count <= 0) return false;
    return write_whole(to, piece.data(), static_cast<std::size_t>(count));
}

// What the person types goes out as fast as the command takes it. False when it takes no more.
bool CommandRelay::pump_input() {
    const int to = terminal_ == Terminal::yes ? master_.get() : input_.get();
    if (typed_.empty()) {
        std::array<char, 4096> piece;
        const ssize_t count = ::read(STDIN_FILENO, piece.data(), piece.size());
        if (count < 0 && (errno == EINTR || errno == EAGAIN)) return true;
        if (count <= 0) return false;
        typed_.assign(piece.data(), static_cast<std::size_t>(count));
    }
    const ssize_t count = ::write(to, typed_.data(), typed_.size());
    if (count < 0 && (errno == EINTR || errno == EAGAIN)) return true;
    if (count <= 0) return false;
    typed_.erase(0, static_cast<std::size_t>(count));
    return true;
}

// Everything that was printed before the end.
void CommandRelay::drain() {
    while (output_ && pump(output_.get(), STDOUT_FILENO)) {
    }
    while (error_ && pump(error_.get(), STDERR_FILENO)) {
    }
    for (pollfd item{master_.get(), POLLIN, 0};
         master_ && ::poll(&item, 1, 0) > 0 && (item.revents & POLLIN) != 0;) {
        if (!pump(master_.get(), STDOUT_FILENO)) break;
    }
}

Result<Json> CommandRelay::run(os::Channel& channel, const OnFrame& on_frame) {
    TRY(watch_signals());
    enum Item { frames, signals, output, error, own_terminal, person, command, count };
    for (;;) {
        std::array<pollfd, count> items{};
        for (pollfd& item : items) item = {-1, 0, 0};
        items[frames] = {channel.fd(), POLLIN, 0};
        items[signals] = {signals_.get(), POLLIN, 0};
        if (output_) items[output] = {output_.get(), POLLIN, 0};
        if (error_) items[error] = {error_.get(), POLLIN, 0};
        if (master_) items[own_terminal] = {master_.get(), POLLIN, 0};
        const os::Fd& to = terminal_ == Terminal::yes ? master_ : input_;
        if (to && !input_ended_) {
            if (typed_.empty()) {
                items[person] = {STDIN_FILENO, POLLIN, 0};
            } else {
                items[command] = {to.get(), POLLOUT, 0};
            }
        }
        if (::poll(items.data(), items.size(), -1) < 0) continue;
        if (items[signals].revents != 0) TRY(take_signal());
        if (items[output].revents != 0 && !pump(output_.get(), STDOUT_FILENO)) output_.close();
        if (items[error].revents != 0 && !pump(error_.get(), STDERR_FILENO)) error_.close();
        if (items[own_terminal].revents != 0 && !pump(master_.get(), STDOUT_FILENO)) {
            master_.close();
        }
        if ((items[person].revents != 0 || items[command].revents != 0) && !pump_input()) {
            input_ended_ = true;
            input_.close();
        }
        if (items[frames].revents == 0) continue;
        if (TRY(take_frames(channel, on_frame))) continue;
        drain();
        return std::move(*outcome_);
    }
}

}  // namespace hs::cli
