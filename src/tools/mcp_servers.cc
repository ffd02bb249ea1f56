#include "tools/mcp_servers.h"

#include <fmt/format.h>

#include <algorithm>

#include "gate/mcp_book.h"
#include "tools/command_steps.h"
#include "tools/permission.h"

namespace hs::tools {

using base::Code;
using base::fail;
using base::Result;
using wire::Json;
using wire::JsonObject;

namespace {

constexpr std::int64_t server_wall_ms = 3'600'000;  // the profile's limit may be lower

std::string key_of(const ToolContext& context, const std::string& server) {
    return fmt::format("{}\n{}\n{}", server, context.circumstances.session,
                       context.circumstances.project);
}

}  // namespace

Result<McpServers::Accepted> McpServers::accepted(ToolContext& context,
                                                  const std::string& server) const {
    const auto all = names();
    if (std::find(all.begin(), all.end(), server) == all.end()) {
        std::string known;
        for (const auto& name : all) known += (known.empty() ? "" : ", ") + name;
        return fail(Code::not_found, fmt::format("there is no MCP server \"{}\"; there are: {}",
                                                 server.substr(0, 100), known));
    }
    const Json held = TRY(context.gate.question("mcp.accepted", JsonObject{{"server", server}}));
    const Json* tools = held.find("tools");
    if (tools == nullptr) {
        return fail(Code::conflict,
                    fmt::format("the tools of the MCP server {} wait for a person to look at them: "
                                "hardshell mcp accept {}",
                                server, server));
    }
    Accepted accepted{TRY(wire::text_at(held, "digest")), TRY(mcp::definitions_from(*tools))};
    const auto left = settings_.texts(fmt::format("mcp.{}.tools", server));
    if (!left.empty()) {
        std::erase_if(accepted.tools, [&](const mcp::Definition& tool) {
            return std::find(left.begin(), left.end(), tool.name) == left.end();
        });
    }
    return accepted;
}

Result<std::unique_ptr<McpProcess>> McpServers::start(ToolContext& context, Call& call) const {
    const std::string& server = call.server;
    auto argv = settings_.texts(fmt::format("mcp.{}.command", server));
    if (argv.empty()) {
        return fail(Code::invalid_input,
                    fmt::format("mcp.{0}.command is empty; expected a program and its arguments "
                                "(hardshell config explain mcp.{0}.command)",
                                server));
    }
    CommandPlan plan = TRY(plan_command(context, std::move(argv), ".", server_wall_ms));
    // It runs in its own place, not as bytes that were handed over: it lives longer than a call.
    plan.action.scripts.clear();
    plan.action.profile = settings_.text(fmt::format("mcp.{}.profile", server));
    auto process = TRY(McpProcess::start(
        context, TRY(obtain(context, plan.action,
                            fmt::format("  the MCP server {}, which stays for this conversation\n",
                                        server)))));
    process->cancel_with(context.cancel);
    const auto deadline = os::Deadline::after_ms(start_ms);
    TRY(process->client().greet(deadline));
    const Json tools = TRY(process->client().list_tools(deadline));
    const std::string now = TRY(gate::digest_of_definitions(tools));
    if (now == call.digest) return process;
    call.found = now;
    return fail(Code::denied,
                fmt::format("the tools of the MCP server {0} are no longer those that were "
                            "accepted, so it was ended; what changed is told by: hardshell mcp "
                            "accept {0}",
                            server));
}

std::unique_ptr<McpProcess> McpServers::take_idle(const std::string& key) {
    return idle_.with([&](auto& list) -> std::unique_ptr<McpProcess> {
        const auto found =
            std::find_if(list.begin(), list.end(), [&](const Idle& one) { return one.key == key; });
        if (found == list.end()) return nullptr;
        auto process = std::move(found->process);
        list.erase(found);
        return process;
    });
}

void McpServers::give_back(std::string key, std::unique_ptr<McpProcess> process) {
    std::vector<std::unique_ptr<McpProcess>> ended;  // outside the lock: ending one takes a while
    process->cancel_with(nullptr);
    idle_.with([&](auto& list) {
        list.push_back({std::move(key), std::move(process)});
        for (auto at = list.begin(); at != list.end();) {
            const bool goes = !at->process->is_alive() || list.size() > idle_max;
            if (goes) ended.push_back(std::move(at->process));
            at = goes ? list.erase(at) : std::next(at);
        }
    });
}

Result<mcp::Answer> McpServers::call(ToolContext& context, Call& call) {
    const std::string key = key_of(context, call.server);
    auto process = take_idle(key);
    const bool usable = process != nullptr && process->is_alive() &&
                        process->may_be_told(context.circumstances.label);
    // A new one is decided with what the conversation has seen by now.
    if (!usable) process.reset();
    if (process == nullptr) process = TRY(start(context, call));
    process->cancel_with(context.cancel);
    auto answer =
        process->client().call(call.tool, call.arguments, os::Deadline::after_ms(call_ms));
    // After an answer that did not come in time the next one would be taken for it.
    if (answer) give_back(key, std::move(process));
    return answer;
}

}  // namespace hs::tools
