#include "mcp/client.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/version.h"
#include "wire/members.h"
#include "wire/utf8.h"

namespace hs::mcp {

using base::Code;
using base::fail;
using base::Result;
using wire::Json;
using wire::JsonArray;
using wire::JsonObject;

namespace {

constexpr std::string_view request_era = "2026-07-28";
constexpr std::string_view session_era = "2025-11-25";
constexpr std::string_view known_versions[] = {"2024-11-05", "2025-03-26", "2025-06-18",
                                               "2025-11-25"};
constexpr std::int64_t discover_ms = 5'000;
constexpr std::size_t name_bytes_max = 128;
constexpr std::size_t said_bytes_max = 300;

Json client_info() {
    return JsonObject{{"name", "hardshell"}, {"version", base::version}};
}

// Of every request since 2026-07-28.
Json request_meta() {
    return JsonObject{{"io.modelcontextprotocol/protocolVersion", request_era},
                      {"io.modelcontextprotocol/clientCapabilities", Json(JsonObject{})},
                      {"io.modelcontextprotocol/clientInfo", client_info()}};
}

std::string said(const std::string& text) {
    return std::string(wire::cut_utf8(wire::mend_utf8(text), said_bytes_max));
}

std::string words_of(const Json& error) {
    const std::string words = wire::text_in(error, "message");
    return words.empty() ? "no reason" : said(words);
}

bool is_tool_name(std::string_view name) {
    return !name.empty() && name.size() <= name_bytes_max &&
           std::all_of(name.begin(), name.end(), [](char c) {
               return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                      c == '_' || c == '-' || c == '.' || c == '/';
           });
}

std::string name_and_version(const Json& info) {
    return said(wire::text_in(info, "name") + " " + wire::text_in(info, "version"));
}

// What a piece of a result is to a reader of text.
std::string text_of_piece(const Json& piece) {
    const std::string type = wire::text_in(piece, "type");
    if (type == "text") return wire::text_in(piece, "text");
    if (type == "resource") {
        const Json* resource = piece.find("resource");
        const std::string text = resource != nullptr ? wire::text_in(*resource, "text") : "";
        if (!text.empty()) return text;
    }
    return fmt::format("[a piece of the type \"{}\", which is not shown]", said(type));
}

}  // namespace

Result<std::vector<Definition>> definitions_from(const Json& tools) {
    std::vector<Definition> made;
    const JsonArray* list = tools.array();
    if (list == nullptr) return fail(Code::corrupt, "the server's tools are no list");
    for (const Json& tool : *list) {
        Definition one;
        one.name = wire::text_in(tool, "name");
        if (!is_tool_name(one.name)) {
            return fail(Code::corrupt, fmt::format("the server has a tool with the name \"{}\", "
                                                   "which is none",
                                                   said(one.name)));
        }
        one.description = wire::text_in(tool, "description");
        const Json* schema = tool.find("inputSchema");
        if (schema == nullptr || schema->object() == nullptr) {
            return fail(Code::corrupt,
                        fmt::format("the server's tool {} has no inputSchema", one.name));
        }
        one.input_schema = *schema;
        made.push_back(std::move(one));
    }
    return made;
}

Result<> Client::answer_server(const Message& message, os::Deadline deadline) {
    if (message.kind != Message::Kind::request) return {};  // a notification
    if (message.method == "ping") return lines_.send(pong_line(message.id), deadline);
    return lines_.send(refusal_line(message.id, said(message.method)), deadline);
}

Result<Message> Client::ask(std::string_view method, Json params, os::Deadline deadline) {
    if (params.is_null()) params = Json(JsonObject{});
    if (era_ == Era::requests) params["_meta"] = request_meta();
    const std::int64_t id = next_id_++;
    TRY(lines_.send(request_line(id, method, params), deadline));
    for (std::size_t strays = 0; strays < strays_max; ++strays) {
        Message message = TRY(parse_message(TRY(lines_.receive(deadline))));
        const bool answers =
            message.kind == Message::Kind::result || message.kind == Message::Kind::error;
        if (answers && message.id.integer() != nullptr && *message.id.integer() == id) {
            return message;
        }
        if (!answers) TRY(answer_server(message, deadline));
    }
    return fail(Code::io, "the server says much and does not answer");
}

Result<Json> Client::result_of(std::string_view method, Json params, os::Deadline deadline) {
    Message answer = TRY(ask(method, std::move(params), deadline));
    if (answer.kind == Message::Kind::error) {
        return fail(Code::io,
                    fmt::format("the server refused {}: {}", method, words_of(answer.body)));
    }
    const std::string kind = wire::text_in(answer.body, "resultType");
    if (!kind.empty() && kind != "complete") {
        return fail(Code::io, fmt::format("the server wants more before it answers {} ({}), which "
                                          "is not served",
                                          method, said(kind)));
    }
    return std::move(answer.body);
}

Result<> Client::greet(os::Deadline deadline) {
    era_ = Era::requests;
    const auto found =
        ask("server/discover", Json(), deadline.earlier(os::Deadline::after_ms(discover_ms)));
    // An older server answers with an error, or not at all.
    if (!found && found.error().code != Code::timed_out) return found.failure();
    if (found && found->kind == Message::Kind::result) {
        const Json* info = found->body.find("serverInfo");
        if (info != nullptr) server_ = name_and_version(*info);
        return {};
    }
    era_ = Era::sessions;
    const Json result = TRY(result_of("initialize",
                                      JsonObject{{"protocolVersion", session_era},
                                                 {"capabilities", Json(JsonObject{})},
                                                 {"clientInfo", client_info()}},
                                      deadline));
    const std::string version = TRY(wire::text_at(result, "protocolVersion"));
    if (std::find(std::begin(known_versions), std::end(known_versions), version) ==
        std::end(known_versions)) {
        return fail(Code::io, fmt::format("the server speaks version {} of the protocol, which is "
                                          "not known here",
                                          said(version)));
    }
    const Json* info = result.find("serverInfo");
    if (info != nullptr) server_ = name_and_version(*info);
    return lines_.send(notification_line("notifications/initialized"), deadline);
}

Result<Json> Client::list_tools(os::Deadline deadline) {
    Json all{JsonArray{}};
    std::string cursor;
    for (std::size_t page = 0; page < pages_max; ++page) {
        Json params;
        if (!cursor.empty()) params["cursor"] = cursor;
        const Json result = TRY(result_of("tools/list", std::move(params), deadline));
        for (const Json& tool : *TRY(wire::array_at(result, "tools"))) {
            if (all.array()->size() >= tools_max) {
                return fail(Code::exhausted,
                            fmt::format("the server has more than {} tools", tools_max));
            }
            all.push(tool);
        }
        cursor = TRY(wire::text_at_or(result, "nextCursor", ""));
        if (cursor.empty()) return all;
    }
    return fail(Code::exhausted,
                fmt::format("the server's tools are more than {} pages", pages_max));
}

Result<Answer> Client::call(std::string_view tool, const Json& arguments, os::Deadline deadline) {
    const Json result = TRY(
        result_of("tools/call", JsonObject{{"name", tool}, {"arguments", arguments}}, deadline));
    Answer answer;
    const Json* pieces = result.find("content");
    if (pieces != nullptr && pieces->array() != nullptr) {
        for (const Json& piece : *pieces->array()) {
            if (!answer.text.empty()) answer.text += '\n';
            answer.text += text_of_piece(piece);
        }
    }
    const Json* error = result.find("isError");
    answer.is_error = error != nullptr && error->boolean() != nullptr && *error->boolean();
    const Json* structured = result.find("structuredContent");
    if (structured != nullptr) answer.structured = *structured;
    if (structured == nullptr) {
        // Many servers put JSON into the text.
        auto parsed = wire::parse_json(answer.text);
        const bool nested = parsed && (parsed->object() != nullptr || parsed->array() != nullptr);
        if (nested) answer.structured = std::move(*parsed);
    }
    if (answer.text.empty() && !answer.structured.is_null())
        answer.text = wire::pretty_json(answer.structured);
    return answer;
}

}  // namespace hs::mcp
