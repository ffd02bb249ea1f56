// McpServers: the MCP servers of the settings, each started in a sandbox when it is first called.
//
// Every conversation has a server process of its own for each project, so that nothing of one is
// told in another by it; once the conversation has seen more than the process was started with, the
// next call starts another, whose connections are decided with that. What a server's tools are must
// be what a person has accepted (gate/mcp_book.h); a server that has changed them is ended and not
// called. What it does not protect from: what an accepted tool answers; its label says whose words
// it is. Threads: all functions from any thread.
#pragma once

#include <list>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/guarded.h"
#include "gate/connector_book.h"
#include "gate/settings.h"
#include "mcp/client.h"
#include "tools/mcp_process.h"
#include "tools/tool.h"

namespace hs::tools {

class McpServers {
  public:
    static constexpr std::size_t idle_max = 16;
    static constexpr std::int64_t start_ms = 60'000;
    static constexpr std::int64_t call_ms = 120'000;

    // `settings` outlives this.
    McpServers(const gate::Settings& settings,
               std::shared_ptr<const gate::ConnectorBook> connectors)
        : settings_(settings), connectors_(std::move(connectors)) {}

    std::vector<std::string> names() const { return settings_.names("mcp"); }
    const gate::ConnectorBook& connectors() const { return *connectors_; }

    struct Accepted {
        std::string digest;
        std::vector<mcp::Definition> tools;  // those that the settings leave
    };
    // not_found for a server that is not configured; conflict where nobody has accepted its tools.
    base::Result<Accepted> accepted(ToolContext& context, const std::string& server) const;

    struct Call {
        std::string server;
        std::string digest;  // of the definitions that were accepted
        std::string tool;
        wire::Json arguments;
        std::string found = {};  // filled where the server came up with other definitions
    };
    // Starts the server where it does not run (which is decided by itself) and calls. denied where
    // its tools are not those of the digest.
    base::Result<mcp::Answer> call(ToolContext& context, Call& call);

  private:
    struct Idle {
        std::string key;
        std::unique_ptr<McpProcess> process;
    };
    base::Result<std::unique_ptr<McpProcess>> start(ToolContext& context, Call& call) const;
    std::unique_ptr<McpProcess> take_idle(const std::string& key);
    void give_back(std::string key, std::unique_ptr<McpProcess> process);

    const gate::Settings& settings_;
    std::shared_ptr<const gate::ConnectorBook> connectors_;
    base::Guarded<std::list<Idle>> idle_;  // the longest idle first
};

}  // namespace hs::tools
