// McpProcess: one MCP server as a program in a sandbox that was permitted, with lines to it and
// back.
//
// What it does not protect from: what the server does inside its sandbox with what it is shown.
// Threads: one owner at a time.
#pragma once

#include <memory>
#include <string>

#include "flow/label.h"
#include "gate/gate.h"
#include "mcp/pipe_lines.h"
#include "sandbox/launcher_client.h"
#include "tools/tool.h"

namespace hs::tools {

class McpProcess {
  public:
    static base::Result<std::unique_ptr<McpProcess>> start(ToolContext& context,
                                                           gate::Permit<gate::RunCommand> permit);
    // Ends the server, and puts its end on record.
    ~McpProcess();

    McpProcess(const McpProcess&) = delete;
    McpProcess& operator=(const McpProcess&) = delete;

    bool is_alive() const { return !command_.finished(); }
    // Whether what carries this label may be told to it: its own connections are decided by the
    // label that its start was decided with.
    bool may_be_told(const flow::Label& label) const { return flow::join(label_, label) == label_; }
    // Of the call that uses it; null for none.
    void cancel_with(const os::WakeUp* cancel) { lines_.cancel_with(cancel); }
    mcp::Client& client() { return client_; }

  private:
    McpProcess(gate::Gate& gate, std::string decision, flow::Label label,
               sandbox::LaunchedCommand command, mcp::PipeLines lines)
        : gate_(gate),
          decision_(std::move(decision)),
          label_(std::move(label)),
          command_(std::move(command)),
          lines_(std::move(lines)) {}

    gate::Gate& gate_;  // outlives this
    std::string decision_;
    flow::Label label_;
    sandbox::LaunchedCommand command_;
    mcp::PipeLines lines_;
    mcp::Client client_{lines_};
};

}  // namespace hs::tools
