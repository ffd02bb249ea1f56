#include "hardshell/mcp_line.h"

#include "control/command_frames.h"
#include "hardshell/sandboxed.h"
#include "os/environment.h"
#include "os/file.h"
#include "os/pipe.h"

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
    line->lines_.emplace(std::move(input.writing), std::move(output.reading),
                         std::move(errors.reading));
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

}  // namespace hs::cli
