// PipeLines: the lines of an MCP server that runs as a program: its standard input and output, and
// the end of what it says on standard error.
//
// Standard error is read all along, so that a server that says much there does not stand still.
// What it does not protect from: what is said. Threads: one owner at a time.
#pragma once

#include <string>

#include "mcp/client.h"
#include "os/fd.h"

namespace hs::mcp {

class PipeLines : public Lines {
  public:
    // Our ends of the three pipes, non-blocking.
    PipeLines(os::Fd input, os::Fd output, os::Fd errors)
        : input_(std::move(input)), output_(std::move(output)), errors_(std::move(errors)) {}

    base::Result<> send(std::string_view line, os::Deadline deadline) override;
    base::Result<std::string> receive(os::Deadline deadline) override;
    // Of the call that uses it; null for none.
    void cancel_with(const os::WakeUp* cancel) { cancel_ = cancel; }

  private:
    // What there is of its output now; io at its end.
    base::Result<> take_output();
    void take_errors();
    base::Failure ended();

    os::Fd input_;
    os::Fd output_;
    os::Fd errors_;
    std::string read_;
    std::size_t searched_ = 0;  // of read_, without a line feed
    std::string said_;          // the end of its standard error
    const os::WakeUp* cancel_ = nullptr;
};

}  // namespace hs::mcp
