// Manifests of the built-in tools: what each does and what its arguments mean, for tracing.
//
// What it does not protect from: what a program that shell_run starts does; it is taken for
// everything at once, and its connections are decided one by one.
// Threads: pure functions.
#pragma once

#include <string_view>

#include "flow/manifest.h"
#include "gate/connector_book.h"
#include "wire/json.h"

namespace hs::tools {

// flow::ToolManifest::unknown() for a tool that is not built in. Arguments count: a fetch that is
// not a GET or HEAD sends.
flow::ToolManifest manifest_for(std::string_view tool, const wire::Json& arguments);

// What is really called, and with what: of mcp_call the server's tool, as its connector declares
// it.
struct CalledTool {
    flow::ToolManifest manifest;
    wire::Json arguments;
};
// `connectors` may be null.
CalledTool called_tool(std::string_view tool, const wire::Json& arguments,
                       const gate::ConnectorBook* connectors);

}  // namespace hs::tools
