// ConnectorBook: what an administrator says about the tools of each MCP server, as the settings
// mcp.NAME.connector name it (docs/formats/connectors.md).
//
// What it is for: the keeper judges a call by what its tool does, the daemon labels what comes
// back. A server without a connector has none of its tools declared: they count as doing
// everything. What it does not protect from: a connector that calls a sending tool a reading one.
// Threads: immutable after open().
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "base/result.h"
#include "flow/connector.h"
#include "gate/settings.h"

namespace hs::gate {

class ConnectorBook {
  public:
    static constexpr std::size_t file_bytes_max = std::size_t{1} << 20U;

    // Reads them all. What cannot be read is told by of(), for its server alone.
    static ConnectorBook open(const Settings& settings);

    // Null where the server has none. invalid_input or io where its file does not hold.
    base::Result<const flow::Connector*> of(std::string_view server) const;

  private:
    std::map<std::string, base::Result<flow::Connector>, std::less<>> connectors_;
};

}  // namespace hs::gate
