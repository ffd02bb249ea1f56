// McpLine: a conversation of the person's own with an MCP server in a sandbox, to see what its
// tools are before anybody may call them.
//
// What it does not protect from: what the server says; it is shown, and cleaned for the terminal.
// Threads: one thread.
#pragma once

#include <memory>
#include <string>

#include "hardshell/commands.h"
#include "mcp/client.h"
#include "os/channel.h"
#include "os/fd.h"

namespace hs::cli {

class McpLine : public mcp::Lines {
  public:
    // Decided by policy as any program that a person starts; asks where it has to be asked.
    static base::Result<std::unique_ptr<McpLine>> start(const Desk& desk,
                                                        const std::vector<std::string>& argv,
                                                        const std::string& profile);

    base::Result<> send(std::string_view line, os::Deadline deadline) override;
    base::Result<std::string> receive(os::Deadline deadline) override;

  private:
    explicit McpLine(os::Fd socket) : channel_(std::move(socket)) {}
    base::Result<> await_start(const Desk& desk);
    base::Failure ended();

    os::Channel channel_;  // closing it ends the server
    os::Fd input_;
    os::Fd output_;
    os::Fd errors_;
    std::string read_;
};

}  // namespace hs::cli
