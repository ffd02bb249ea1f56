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
#include "mcp/client.h"
#include "os/fd.h"
#include "sandbox/launcher_client.h"
#include "tools/tool.h"

namespace hs::tools {

class McpProcess : public mcp::Lines {
  public:
    static base::Result<std::unique_ptr<McpProcess>> start(ToolContext& context,
                                                           gate::Permit<gate::RunCommand> permit);
    // Ends the server, and puts its end on record.
    ~McpProcess() override;

    base::Result<> send(std::string_view line, os::Deadline deadline) override;
    base::Result<std::string> receive(os::Deadline deadline) override;

    bool is_alive() const { return !command_.finished(); }
    // Whether what carries this label may be told to it: its own connections are decided by the
    // label that its start was decided with.
    bool may_be_told(const flow::Label& label) const { return flow::join(label_, label) == label_; }
    // Of the call that uses it; null for none.
    void cancel_with(const os::WakeUp* cancel) { cancel_ = cancel; }
    mcp::Client& client() { return client_; }

  private:
    McpProcess(gate::Gate& gate, std::string decision, flow::Label label,
               sandbox::LaunchedCommand command)
        : gate_(gate),
          decision_(std::move(decision)),
          label_(std::move(label)),
          command_(std::move(command)) {}
    // What there is of its output now; io at its end.
    base::Result<> take_output();
    void take_errors();

    gate::Gate& gate_;  // outlives this
    std::string decision_;
    flow::Label label_;
    sandbox::LaunchedCommand command_;
    os::Fd input_;
    os::Fd output_;
    os::Fd errors_;
    std::string read_;
    std::size_t searched_ = 0;  // of read_, without a line feed
    std::string said_;          // the end of its standard error
    const os::WakeUp* cancel_ = nullptr;
    mcp::Client client_{*this};
};

}  // namespace hs::tools
