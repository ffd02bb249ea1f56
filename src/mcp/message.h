// Message: one JSON-RPC 2.0 message as MCP servers send it over standard output, a line each.
//
// Source: Model Context Protocol, "Transports: stdio" and "Base protocol" (revisions 2025-11-25 and
// 2026-07-28); JSON-RPC 2.0.
// What it does not protect from: what a result says. Threads: values.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "wire/json.h"

namespace hs::mcp {

constexpr std::size_t line_bytes_max = std::size_t{16} << 20U;

struct Message {
    enum class Kind : std::uint8_t { result, error, request, notification };
    Kind kind = Kind::notification;
    wire::Json id;       // null for a notification
    std::string method;  // of a request or a notification
    wire::Json body;     // the result, the error object, or the parameters
};

// corrupt for what is no message of the four kinds.
base::Result<Message> parse_message(std::string_view line);

// Without the line feed. `params` may be null.
std::string request_line(std::int64_t id, std::string_view method, const wire::Json& params);
std::string notification_line(std::string_view method);
// The answer to a request that the server makes of us and that we do not serve.
std::string refusal_line(const wire::Json& id, std::string_view method);
std::string pong_line(const wire::Json& id);

}  // namespace hs::mcp
