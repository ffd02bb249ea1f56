#include "hardshell/sandboxed.h"

#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "control/command_frames.h"
#include "hardshell/conversation.h"
#include "hardshell/lines.h"
#include "os/file.h"
#include "os/pipe.h"
#include "os/socket.h"
#include "wire/utf8.h"

namespace hs::cli {

using base::Code;
using base::fail;
using base::Result;
using control::CommandFrame;
using wire::Json;
using wire::JsonObject;

namespace {

constexpr std::int64_t connect_ms = 5'000;
constexpr std::int64_t frame_ms = 5'000;
constexpr std::size_t errors_bytes_max = 4'096;

// What becomes of what is more than is read.
enum class Surplus : std::uint8_t { dropped, fails };

// What one pipe of the program has brought so far.
struct Intake {
    Surplus surplus;
    os::Fd from = {};
    base::Bytes bytes = {};
    bool ended = false;

    // False when more came than is read.
    bool take(std::size_t bytes_max) {
        std::array<std::uint8_t, 64 * 1024> piece;
        for (;;) {
            const ssize_t count = ::read(from.get(), piece.data(), piece.size());
            if (count < 0 && errno == EINTR) continue;
            if (count < 0 && errno == EAGAIN) return true;
            if (count <= 0) {
                ended = true;
                return true;
            }
            const bool fits = bytes.size() + static_cast<std::size_t>(count) <= bytes_max;
            if (fits) bytes.insert(bytes.end(), piece.begin(), piece.begin() + count);
            if (!fits && surplus == Surplus::fails) return false;
        }
    }
};

class Run {
  public:
    Run(const Desk& desk, const SandboxedWish& wish, os::Fd socket)
        : desk_(desk), wish_(wish), channel_(std::move(socket)) {}

    Result<Sandboxed> carry_out() {
        TRY(begin());
        for (;;) {
            std::array<pollfd, 3> items{};
            items[0] = {channel_.fd(), POLLIN | POLLRDHUP, 0};
            items[1] = {output_.ended ? -1 : output_.from.get(), POLLIN, 0};
            items[2] = {errors_.ended ? -1 : errors_.from.get(), POLLIN, 0};
            if (!channel_.buffered() && ::poll(items.data(), items.size(), -1) < 0) continue;
            TRY(take_output());
            if (!channel_.buffered() && items[0].revents == 0) continue;
            if (TRY(take_frame())) break;
        }
        TRY(take_output());
        return finish();
    }

  private:
    Result<> begin() {
        os::PipeEnds output = TRY(os::make_pipe());
        os::PipeEnds errors = TRY(os::make_pipe());
        const os::Fd nothing = TRY(os::open_null());
        output_.from = std::move(output.reading);
        errors_.from = std::move(errors.reading);
        Json argv{wire::JsonArray{}};
        for (const auto& word : wish_.argv) argv.push(word);
        const Json request = JsonObject{{"argv", std::move(argv)},
                                        {"executable", wish_.executable},
                                        {"working_directory", wish_.working_directory},
                                        {"project", wish_.project},
                                        {"profile", wish_.profile},
                                        {"terminal", false},
                                        {"wall_ms", wish_.wall_ms}};
        return channel_.send(0, static_cast<std::uint16_t>(CommandFrame::run),
                             base::bytes_of(wire::canonical_json(request)),
                             {wish_.input >= 0 ? wish_.input : nothing.get(), output.writing.get(),
                              errors.writing.get()});
    }

    Result<> take_output() {
        // What a program says of its faults is cut; what it gives is whole or nothing.
        static_cast<void>(errors_.take(std::size_t{64} << 10U));
        if (output_.take(wish_.output_bytes_max)) return {};
        return fail(Code::exhausted,
                    fmt::format("{} printed more than the {} MiB that are read", wish_.argv.front(),
                                wish_.output_bytes_max >> 20U));
    }

    // True at the end of the run.
    Result<bool> take_frame() {
        auto frame = channel_.receive(os::Deadline::after_ms(frame_ms));
        if (!frame) return fail(Code::io, "hardshelld is gone, and the sandbox with it");
        const Json payload = TRY(wire::parse_json(base::text_of(frame->payload)));
        const auto kind = static_cast<CommandFrame>(frame->kind);
        if (kind == CommandFrame::refused) {
            return fail(Code::denied, TRY(wire::text_at(payload, "what")));
        }
        if (kind == CommandFrame::ended) outcome_ = payload;
        if (kind == CommandFrame::asked &&
            TRY(answer_card(desk_, payload)) == CommandRelay::Asked::give_up) {
            return fail(Code::conflict,
                        "an approval is open; with --wait this waits for its answer");
        }
        return kind == CommandFrame::ended;
    }

    Result<Sandboxed> finish() {
        const std::string_view said = base::text_of(errors_.bytes);
        Sandboxed done{outcome_, std::move(output_.bytes),
                       std::string(wire::cut_utf8(wire::mend_utf8(said), errors_bytes_max))};
        const auto code = wire::integer_at_or(outcome_, "code", 1);
        if (wish_.bad_end == SandboxedWish::BadEnd::told) return done;
        if (text_in(outcome_, "ending") == "exited" && code && *code == 0) return done;
        while (done.errors.ends_with('\n')) done.errors.pop_back();
        return fail(Code::io, done.errors.empty() ? text_in(outcome_, "text") : done.errors);
    }

    const Desk& desk_;
    const SandboxedWish& wish_;
    os::Channel channel_;
    Intake output_{Surplus::fails};
    Intake errors_{Surplus::dropped};
    Json outcome_;
};

}  // namespace

Result<std::string> system_program(std::string_view name) {
    for (const char* folder : {"/usr/local/bin/", "/usr/bin/", "/bin/"}) {
        const std::string path = folder + std::string(name);
        if (os::facts_of_path(path)) return path;
    }
    return fail(Code::not_found, fmt::format("this needs {}, which is not installed", name));
}

Result<os::Fd> connect_for_commands(const Desk& desk) {
    const std::string& socket = desk.places.commands_socket;
    auto connected = os::connect_unix(socket, os::Deadline::after_ms(connect_ms));
    if (!connected) {
        TRY(start_daemon(desk.places));
        connected = os::connect_unix(socket, os::Deadline::after_ms(connect_ms));
    }
    if (!connected) {
        return fail(connected.error().code,
                    "hardshelld takes no commands: " + connected.error().what);
    }
    return std::move(*connected);
}

Result<CommandRelay::Asked> answer_card(const Desk& desk, const Json& asked) {
    const std::string approval = text_in(asked, "approval");
    desk.screen.note("Needs your approval:\n  " + clean(text_in(asked, "card")));
    const bool person = ::isatty(STDIN_FILENO) != 0 && desk.screen.interactive();
    if (!person) {
        desk.screen.note(
            fmt::format("Answer with: hardshell approvals approve {0}   (or deny {0})", approval));
        return desk.options.wait ? CommandRelay::Asked::go_on : CommandRelay::Asked::give_up;
    }
    const auto typed = read_answer(desk.screen, "[a]pprove once  [d]eny > ");
    Json arguments;
    arguments["approval"] = approval;
    arguments["consent"] = typed && !typed->empty() && (*typed)[0] == 'a';
    auto keeper = TRY(KeeperLine::open(desk.places));
    TRY(keeper.question("approvals.answer", std::move(arguments)));
    return CommandRelay::Asked::go_on;
}

Result<Sandboxed> run_in_sandbox(const Desk& desk, const SandboxedWish& wish) {
    return Run(desk, wish, TRY(connect_for_commands(desk))).carry_out();
}

}  // namespace hs::cli
