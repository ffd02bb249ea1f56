#include "hardshell/mcp_line.h"

#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "control/command_frames.h"
#include "hardshell/sandboxed.h"
#include "os/environment.h"
#include "os/file.h"
#include "os/pipe.h"
#include "wire/utf8.h"

namespace hs::cli {

using base::Code;
using base::fail;
using base::Result;
using control::CommandFrame;
using wire::Json;
using wire::JsonObject;

namespace {

constexpr std::int64_t wall_ms = 120'000;
constexpr std::int64_t frame_ms = 60'000;
constexpr std::size_t said_bytes_max = 2'000;

}  // namespace

Result<std::unique_ptr<McpLine>> McpLine::start(const Desk& desk,
                                                const std::vector<std::string>& argv,
                                                const std::string& profile) {
    std::unique_ptr<McpLine> line(new McpLine(TRY(connect_for_commands(desk))));
    os::PipeEnds input = TRY(os::make_input_pipe());
    os::PipeEnds output = TRY(os::make_pipe());
    os::PipeEnds errors = TRY(os::make_pipe());
    const std::string folder = TRY(os::resolve_path(TRY(os::working_folder())));
    const std::string project =
        desk.options.project.empty() ? folder : TRY(os::resolve_path(desk.options.project));
    Json words{wire::JsonArray{}};
    for (const auto& word : argv) words.push(word);
    const bool named = argv.front().find('/') == std::string::npos;
    const std::string program = argv.front().starts_with('/') ? argv.front()
                                : named                       ? TRY(system_program(argv.front()))
                                                              : project + "/" + argv.front();
    const Json request = JsonObject{
        {"argv", std::move(words)}, {"executable", program}, {"working_directory", project},
        {"project", project},       {"profile", profile},    {"terminal", false},
        {"wall_ms", wall_ms}};
    TRY(line->channel_.send(0, static_cast<std::uint16_t>(CommandFrame::run),
                            base::bytes_of(wire::canonical_json(request)),
                            {input.reading.get(), output.writing.get(), errors.writing.get()}));
    line->input_ = std::move(input.writing);
    line->output_ = std::move(output.reading);
    line->errors_ = std::move(errors.reading);
    TRY(line->await_start(desk));
    return line;
}

Result<> McpLine::await_start(const Desk& desk) {
    for (;;) {
        const auto frame = channel_.receive(os::Deadline::after_ms(frame_ms));
        if (!frame) return fail(Code::io, "hardshelld did not start the server");
        const Json payload = TRY(wire::parse_json(base::text_of(frame->payload)));
        switch (static_cast<CommandFrame>(frame->kind)) {
            case CommandFrame::refused:
                return fail(Code::denied, TRY(wire::text_at(payload, "what")));
            case CommandFrame::asked:
                if (TRY(answer_card(desk, payload)) == CommandRelay::Asked::give_up) {
                    return fail(Code::conflict,
                                "an approval is open; with --wait this waits for its answer");
                }
                break;
            case CommandFrame::started:
                return {};
            case CommandFrame::run:
            case CommandFrame::terminal:
            case CommandFrame::ended:
                return fail(Code::io, "the server ended at once");
        }
    }
}

base::Failure McpLine::ended() {
    std::array<char, said_bytes_max> piece;
    const ssize_t count = ::read(errors_.get(), piece.data(), piece.size());
    std::string said;
    if (count > 0)
        said = wire::mend_utf8(std::string_view(piece.data(), static_cast<std::size_t>(count)));
    while (said.ends_with('\n')) said.pop_back();
    return fail(Code::io,
                fmt::format("the server has ended{}{}", said.empty() ? "" : ": ", clean(said)));
}

Result<> McpLine::send(std::string_view line, os::Deadline deadline) {
    const std::string text = std::string(line) + "\n";
    std::string_view left = text;
    while (!left.empty()) {
        const ssize_t count = ::write(input_.get(), left.data(), left.size());
        if (count > 0) left.remove_prefix(static_cast<std::size_t>(count));
        if (count >= 0 || errno == EINTR) continue;
        if (errno != EAGAIN) return ended();
        TRY(os::wait_for(input_.get(), os::Ready::writable, deadline));
    }
    return {};
}

Result<std::string> McpLine::receive(os::Deadline deadline) {
    std::array<char, 64 * 1024> piece;
    for (;;) {
        const std::size_t end = read_.find('\n');
        if (end != std::string::npos) {
            std::string line = read_.substr(0, end);
            read_.erase(0, end + 1);
            if (line.empty() || line == "\r") continue;
            return line;
        }
        if (read_.size() > mcp::line_bytes_max) return fail(Code::corrupt, "a line without end");
        TRY(os::wait_for(output_.get(), os::Ready::readable, deadline));
        const ssize_t count = ::read(output_.get(), piece.data(), piece.size());
        if (count > 0) read_.append(piece.data(), static_cast<std::size_t>(count));
        if (count == 0 || (count < 0 && errno != EAGAIN && errno != EINTR)) return ended();
    }
}

}  // namespace hs::cli
