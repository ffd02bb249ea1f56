#include "mcp/message.h"

#include <fmt/format.h>

namespace hs::mcp {

using base::Code;
using base::fail;
using base::Result;
using wire::Json;
using wire::JsonObject;

namespace {

constexpr std::string_view version = "2.0";
constexpr std::int64_t method_not_found = -32601;  // JSON-RPC 2.0, 5.1

std::string line_of(JsonObject members) {
    members["jsonrpc"] = version;
    return wire::canonical_json(Json(std::move(members)));
}

bool is_id(const Json& id) {
    return id.text() != nullptr || id.integer() != nullptr;
}

}  // namespace

Result<Message> parse_message(std::string_view line) {
    if (line.size() > line_bytes_max) {
        return fail(Code::corrupt,
                    fmt::format("a message of more than {} MiB", line_bytes_max >> 20U));
    }
    auto parsed = wire::parse_json(line);
    if (!parsed || parsed->object() == nullptr) {
        return fail(Code::corrupt, "a line that is no JSON object");
    }
    const Json& json = *parsed;
    const auto given = wire::text_at(json, "jsonrpc");
    if (!given || *given != version) return fail(Code::corrupt, "a line that is no JSON-RPC 2.0");
    Message message;
    if (const Json* id = json.find("id")) message.id = *id;
    if (!message.id.is_null() && !is_id(message.id)) {
        return fail(Code::corrupt, "an id that is neither a text nor a number");
    }
    const Json* result = json.find("result");
    const Json* error = json.find("error");
    const Json* method = json.find("method");
    if ((result != nullptr) + (error != nullptr) + (method != nullptr) != 1) {
        return fail(Code::corrupt, "a message that is not exactly one of result, error and method");
    }
    if (method != nullptr) {
        if (method->text() == nullptr) return fail(Code::corrupt, "a method that is no text");
        message.method = *method->text();
        message.kind = message.id.is_null() ? Message::Kind::notification : Message::Kind::request;
        if (const Json* params = json.find("params")) message.body = *params;
        return message;
    }
    message.kind = result != nullptr ? Message::Kind::result : Message::Kind::error;
    message.body = result != nullptr ? *result : *error;
    return message;
}

std::string request_line(std::int64_t id, std::string_view method, const Json& params) {
    JsonObject members{{"id", id}, {"method", method}};
    if (!params.is_null()) members["params"] = params;
    return line_of(std::move(members));
}

std::string notification_line(std::string_view method) {
    return line_of({{"method", method}});
}

std::string refusal_line(const Json& id, std::string_view method) {
    Json error = JsonObject{{"code", method_not_found},
                            {"message", fmt::format("{} is not served here", method)}};
    return line_of({{"id", id}, {"error", std::move(error)}});
}

std::string pong_line(const Json& id) {
    return line_of({{"id", id}, {"result", Json(JsonObject{})}});
}

}  // namespace hs::mcp
