#include "gate/connector_book.h"

#include <fmt/format.h>

#include "os/file.h"

namespace hs::gate {

using base::Result;

namespace {

Result<flow::Connector> read_connector(const std::string& path) {
    const std::string text = TRY(os::read_text(path, ConnectorBook::file_bytes_max));
    const wire::Json json = TRY(wire::parse_json(text));
    flow::World world;  // what it says of places and people is not asked here
    return flow::Connector::parse(json, json.find("object_kinds"), world);
}

}  // namespace

ConnectorBook ConnectorBook::open(const Settings& settings) {
    ConnectorBook book;
    for (const std::string& server : settings.names("mcp")) {
        const std::string path = settings.text(fmt::format("mcp.{}.connector", server));
        if (!path.empty()) book.connectors_.emplace(server, read_connector(path));
    }
    return book;
}

Result<const flow::Connector*> ConnectorBook::of(std::string_view server) const {
    const auto found = connectors_.find(server);
    if (found == connectors_.end()) return nullptr;
    if (found->second) return &*found->second;
    return base::fail(found->second.error().code,
                      fmt::format("the connector of the MCP server {} does not hold: {}", server,
                                  found->second.error().what));
}

}  // namespace hs::gate
