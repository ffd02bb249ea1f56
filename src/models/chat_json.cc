#include "models/chat_json.h"

#include <fmt/format.h>

namespace hs::models {
namespace {

using base::Code;
using base::fail;
using base::Result;
using wire::Json;
using wire::JsonArray;
using wire::JsonObject;

struct PartToJson {
    Json operator()(const TextPart& part) const {
        return JsonObject{{"kind", "text"}, {"text", part.text}};
    }
    Json operator()(const ThinkingPart& part) const {
        return JsonObject{{"kind", "thinking"},
                          {"origin", part.origin},
                          {"text", part.text},
                          {"signature", part.signature},
                          {"redacted", part.redacted}};
    }
    Json operator()(const ToolCallPart& part) const {
        return JsonObject{{"kind", "tool_call"}, {"id", part.id},
                          {"name", part.name},   {"arguments", part.arguments},
                          {"raw", part.raw},     {"problem", part.problem}};
    }
    Json operator()(const ToolResultPart& part) const {
        return JsonObject{{"kind", "tool_result"},
                          {"call_id", part.call_id},
                          {"content", part.content},
                          {"is_error", part.is_error}};
    }
};

Result<Part> tool_call_from(const Json& json) {
    ToolCallPart call;
    call.id = TRY(wire::text_at(json, "id"));
    call.name = TRY(wire::text_at(json, "name"));
    call.arguments = *TRY(wire::object_at(json, "arguments"));
    call.raw = TRY(wire::text_at_or(json, "raw", ""));
    call.problem = TRY(wire::text_at_or(json, "problem", ""));
    return Part(std::move(call));
}

Result<Part> part_from(const Json& json) {
    const std::string kind = TRY(wire::text_at(json, "kind"));
    if (kind == "text") return Part(TextPart{TRY(wire::text_at(json, "text"))});
    if (kind == "tool_call") return tool_call_from(json);
    if (kind == "tool_result") {
        return Part(ToolResultPart{TRY(wire::text_at(json, "call_id")),
                                   TRY(wire::text_at(json, "content")),
                                   TRY(wire::boolean_at_or(json, "is_error", false))});
    }
    if (kind == "thinking") {
        return Part(ThinkingPart{TRY(wire::text_at(json, "origin")),
                                 TRY(wire::text_at_or(json, "text", "")),
                                 TRY(wire::text_at_or(json, "signature", "")),
                                 TRY(wire::text_at_or(json, "redacted", ""))});
    }
    return fail(Code::invalid_input,
                fmt::format("a message part of kind \"{}\"; expected text, thinking, tool_call or "
                            "tool_result",
                            kind));
}

}  // namespace

Json message_to_json(const Message& message) {
    JsonArray parts;
    for (const Part& part : message.parts) parts.push_back(std::visit(PartToJson{}, part));
    return JsonObject{{"role", message.role == Role::user ? "user" : "assistant"},
                      {"parts", std::move(parts)}};
}

Result<Message> message_from_json(const Json& json) {
    const std::string role = TRY(wire::text_at(json, "role"));
    if (role != "user" && role != "assistant") {
        return fail(Code::invalid_input, "\"role\" must be \"user\" or \"assistant\"");
    }
    Message message{role == "user" ? Role::user : Role::assistant, {}};
    for (const Json& part : *TRY(wire::array_at(json, "parts"))) {
        message.parts.push_back(TRY(part_from(part)));
    }
    return message;
}

Json usage_to_json(const Usage& usage) {
    return JsonObject{{"input", usage.input},
                      {"output", usage.output},
                      {"cache_read", usage.cache_read},
                      {"cache_write", usage.cache_write}};
}

Result<Usage> usage_from_json(const Json& json) {
    const Usage usage{TRY(wire::integer_at(json, "input")), TRY(wire::integer_at(json, "output")),
                      TRY(wire::integer_at(json, "cache_read")),
                      TRY(wire::integer_at(json, "cache_write"))};
    if (usage.input < 0 || usage.output < 0 || usage.cache_read < 0 || usage.cache_write < 0) {
        return fail(Code::invalid_input, "a token count must not be negative");
    }
    return usage;
}

}  // namespace hs::models
