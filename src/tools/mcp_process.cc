#include "tools/mcp_process.h"

#include "os/pipe.h"
#include "tools/permission.h"

namespace hs::tools {

using base::Code;
using base::fail;
using base::Result;
using wire::Json;
using wire::JsonObject;

namespace {

constexpr std::int64_t end_ms = 5'000;

}  // namespace

Result<std::unique_ptr<McpProcess>> McpProcess::start(ToolContext& context,
                                                      gate::Permit<gate::RunCommand> permit) {
    TRY(permit.check(context.clock.wall_ms()));
    if (context.launcher == nullptr) {
        return fail(Code::io, "the launcher is not running, so no server can be started");
    }
    os::PipeEnds input = TRY(os::make_input_pipe());
    os::PipeEnds output = TRY(os::make_pipe());
    os::PipeEnds errors = TRY(os::make_pipe());
    auto command =
        context.launcher->start(permit.ticket(), permit.envelope(),
                                {input.reading.get(), output.writing.get(), errors.writing.get()});
    if (!command) {
        report(context, permit.id(), "failed", JsonObject{{"error", command.error().what}});
        return command.failure();
    }
    mcp::PipeLines lines(std::move(input.writing), std::move(output.reading),
                         std::move(errors.reading));
    return std::unique_ptr<McpProcess>(new McpProcess(context.gate, permit.id(),
                                                      context.circumstances.label,
                                                      std::move(*command), std::move(lines)));
}

McpProcess::~McpProcess() {
    command_.kill();
    const auto outcome = command_.wait(os::Deadline::after_ms(end_ms));
    Json details{JsonObject{}};
    if (outcome) details["text"] = jail::describe(*outcome);
    // Without a keeper there is no record to write to.
    static_cast<void>(gate_.report(decision_, "ended", details).ok());
}

}  // namespace hs::tools
