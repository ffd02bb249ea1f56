// McpLine: a conversation of the person's own with an MCP server in a sandbox, to see what its
// tools are before anybody may call them.
//
// What it does not protect from: what the server says; it is shown, and cleaned for the terminal.
// Threads: one thread.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "hardshell/commands.h"
#include "mcp/pipe_lines.h"
#include "os/channel.h"

namespace hs::cli {

class McpLine {
  public:
    // Decided by policy as any program that a person starts; asks where it has to be asked.
    static base::Result<std::unique_ptr<McpLine>> start(const Desk& desk,
                                                        const std::vector<std::string>& argv,
                                                        const std::string& profile);

    mcp::Lines& lines() { return *lines_; }

  private:
    explicit McpLine(os::Fd socket) : channel_(std::move(socket)) {}
    base::Result<> await_start(const Desk& desk);

    os::Channel channel_;  // closing it ends the server
    std::optional<mcp::PipeLines> lines_;
};

}  // namespace hs::cli
