// mcp_tools and mcp_call: the tools of the MCP servers that the settings name. Their definitions
// are read when they are needed, as a person has accepted them; each call is decided by itself, by
// what its connector says that the tool does.
#include <fmt/format.h>

#include <algorithm>

#include "tools/default_tools.h"
#include "tools/mcp_servers.h"
#include "tools/permission.h"
#include "tools/schema.h"
#include "wire/utf8.h"

namespace hs::tools {
namespace {

using base::Code;
using base::fail;
using base::Result;
using wire::Json;
using wire::JsonObject;

constexpr std::size_t description_bytes_max = 4'000;

Result<McpServers*> servers_of(const ToolContext& context) {
    if (context.mcp != nullptr) return context.mcp.get();
    return fail(Code::not_found, "no MCP server is configured here");
}

std::string text_of(const std::string& server, const McpServers::Accepted& accepted) {
    std::string text;
    for (const mcp::Definition& tool : accepted.tools) {
        text += fmt::format("{} {}: {}\n  arguments: {}\n", server, tool.name,
                            wire::cut_utf8(tool.description, description_bytes_max),
                            wire::canonical_json(tool.input_schema));
    }
    return text;
}

class McpTools : public Tool {
  public:
    McpTools()
        : Tool({"mcp_tools", "Lists the tools of the MCP servers, or of one.",
                object_schema({{"server", text_schema(), Presence::optional}})}) {}

    Result<Reply> run(const Json& arguments, ToolContext& context) const override {
        McpServers& servers = *TRY(servers_of(context));
        TRY(check_skill_may_use(context, spec().name));
        const std::string wanted = TRY(wire::text_at_or(arguments, "server", ""));
        std::string text;
        std::size_t count = 0;
        for (const std::string& server :
             wanted.empty() ? servers.names() : std::vector<std::string>{wanted}) {
            const auto accepted = servers.accepted(context, server);
            if (!accepted && !wanted.empty()) return accepted.failure();
            text += accepted ? text_of(server, *accepted) : accepted.error().what + "\n";
            count += accepted ? accepted->tools.size() : 0;
        }
        // A person has looked at exactly these words and accepted them.
        flow::Label label = flow::Label::untrusted_public();
        label.integrity = flow::Integrity::internal;
        return Reply{text, label, fmt::format("listed {} tools of MCP servers", count)};
    }
};

class McpCall : public Tool {
  public:
    McpCall()
        : Tool({"mcp_call", "Calls a tool of an MCP server, as mcp_tools describes it.",
                object_schema({{"server", text_schema()},
                               {"tool", text_schema()},
                               {"arguments", any_object_schema(), Presence::optional}})}) {}

    Result<Reply> run(const Json& arguments, ToolContext& context) const override {
        McpServers& servers = *TRY(servers_of(context));
        gate::CallTool action;
        action.server = TRY(wire::text_at(arguments, "server"));
        action.tool = TRY(wire::text_at(arguments, "tool"));
        const McpServers::Accepted accepted = TRY(servers.accepted(context, action.server));
        TRY(check_tool(accepted, action.server, action.tool));
        const Json* given = arguments.find("arguments");
        const Json inner = given != nullptr ? *given : Json(JsonObject{});
        action.definitions = accepted.digest;
        action.arguments = wire::canonical_json(inner);
        if (action.arguments.size() > gate::CallTool::arguments_bytes_max) {
            return fail(Code::exhausted, "the arguments are longer than 64 KiB");
        }
        const auto permit = TRY(obtain(context, action));
        TRY(permit.check(context.clock.wall_ms()));
        const std::string decision = permit.id();
        McpServers::Call call{action.server, action.definitions, action.tool, inner};
        const auto answer = servers.call(context, call);
        if (!answer) {
            JsonObject details{{"error", answer.error().what}};
            if (!call.found.empty()) {
                details["mcp"] = call.server;
                details["definitions_found"] = call.found;
            }
            report(context, decision, "failed", std::move(details));
            return answer.failure();
        }
        report(context, decision, answer->is_error ? "failed" : "done",
               JsonObject{{"bytes", static_cast<std::int64_t>(answer->text.size())}});
        context.decision = decision;
        return reply_for(action, *answer, TRY(servers.connectors().of(action.server)));
    }

  private:
    static Result<> check_tool(const McpServers::Accepted& accepted, const std::string& server,
                               const std::string& tool) {
        std::string names;
        for (const mcp::Definition& one : accepted.tools) {
            if (one.name == tool) return {};
            names += (names.empty() ? "" : ", ") + one.name;
        }
        return fail(Code::not_found, fmt::format("the MCP server {} has no tool \"{}\"; it has: {}",
                                                 server, tool.substr(0, 100), names));
    }

    // With a connector each part of the result has a label of its own; without one all of it is a
    // stranger's.
    static Reply reply_for(const gate::CallTool& action, const mcp::Answer& answer,
                           const flow::Connector* connector) {
        const std::string name = fmt::format("{}/{}", action.server, action.tool);
        Reply reply{answer.text, flow::Label::unknown(), "called " + name};
        reply.is_error = answer.is_error;
        reply.sources = {{flow::SourceKind::tool, name}};
        reply.details["read"] = "a result of " + name;
        if (connector == nullptr || answer.is_error) return reply;
        reply.labelled = connector->label(action.tool, answer.text, answer.structured);
        flow::Label joined = flow::Label::nothing();
        for (const flow::Span& span : reply.labelled->spans) {
            joined = flow::join(joined, span.label);
        }
        joined.classes = joined.classes | reply.labelled->classes;
        reply.label = reply.labelled->spans.empty() ? flow::Label::unknown() : joined;
        return reply;
    }
};

}  // namespace

std::unique_ptr<Tool> make_mcp_tools() {
    return std::make_unique<McpTools>();
}

std::unique_ptr<Tool> make_mcp_call() {
    return std::make_unique<McpCall>();
}

}  // namespace hs::tools
