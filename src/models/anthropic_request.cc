#include <fmt/format.h>

#include "models/anthropic.h"
#include "models/conversation.h"

namespace hs::models {
namespace {

using wire::Json;
using wire::JsonArray;
using wire::JsonObject;

Json cache_mark() {
    return JsonObject{{"type", "ephemeral"}};
}

struct PartToBlock {
    std::optional<Json> operator()(const TextPart& part) const {
        return JsonObject{{"type", "text"}, {"text", part.text}};
    }
    // Thinking of another provider, or cut before its signature, is refused by the API.
    std::optional<Json> operator()(const ThinkingPart& part) const {
        if (part.origin != "anthropic") return {};
        if (!part.redacted.empty()) {
            return JsonObject{{"type", "redacted_thinking"}, {"data", part.redacted}};
        }
        if (part.signature.empty()) return {};
        return JsonObject{
            {"type", "thinking"}, {"thinking", part.text}, {"signature", part.signature}};
    }
    std::optional<Json> operator()(const ToolCallPart& part) const {
        return JsonObject{
            {"type", "tool_use"}, {"id", part.id}, {"name", part.name}, {"input", part.arguments}};
    }
    std::optional<Json> operator()(const ToolResultPart& part) const {
        JsonObject block{{"type", "tool_result"}, {"tool_use_id", part.call_id}};
        if (!part.content.empty()) block["content"] = part.content;
        if (part.is_error) block["is_error"] = true;
        return block;
    }
};

Json message_json(const Message& message) {
    JsonArray blocks;
    for (const Part& part : message.parts) {
        if (auto block = std::visit(PartToBlock{}, part)) blocks.push_back(*std::move(block));
    }
    return JsonObject{{"role", message.role == Role::user ? "user" : "assistant"},
                      {"content", std::move(blocks)}};
}

JsonArray messages_json(const ChatRequest& chat) {
    JsonArray messages;
    const Items<Message> conversation = mended(chat.messages);
    for (const Message& message : conversation) {
        messages.push_back(message_json(message));
    }
    if (chat.cache == CacheHint::prefix && !messages.empty()) {
        JsonArray* blocks = messages.back()["content"].array();
        if (!blocks->empty()) blocks->back()["cache_control"] = cache_mark();
    }
    return messages;
}

JsonArray tools_json(const ChatRequest& chat) {
    JsonArray tools;
    for (const ToolSpec& tool : chat.tools) {
        tools.push_back(JsonObject{{"name", tool.name},
                                   {"description", tool.description},
                                   {"input_schema", tool.input_schema}});
    }
    if (chat.cache == CacheHint::prefix) tools.back()["cache_control"] = cache_mark();
    return tools;
}

Json system_json(const ChatRequest& chat) {
    if (chat.cache == CacheHint::none) return chat.system;
    return JsonArray{
        JsonObject{{"type", "text"}, {"text", chat.system}, {"cache_control", cache_mark()}}};
}

void add_thinking_options(Json& body, const ChatRequest& chat) {
    if (chat.thinking == Thinking::adaptive) body["thinking"] = JsonObject{{"type", "adaptive"}};
    if (chat.thinking == Thinking::budgeted) {
        // The API wants at least 1,024 and less than max_tokens.
        const std::int64_t tokens = std::max<std::int64_t>(chat.thinking_tokens, 1024);
        body["thinking"] = JsonObject{{"type", "enabled"}, {"budget_tokens", tokens}};
        body["max_tokens"] = std::max(chat.max_tokens, tokens + 1024);
    }
    if (chat.thinking != Thinking::off && !chat.thinking_effort.empty()) {
        body["output_config"] = JsonObject{{"effort", chat.thinking_effort}};
    }
}

}  // namespace

Json anthropic_body(const ChatRequest& chat, Delivery delivery) {
    Json body = JsonObject{{"model", chat.model},
                           {"max_tokens", chat.max_tokens},
                           {"messages", messages_json(chat)},
                           {"stream", delivery == Delivery::stream}};
    if (!chat.system.empty()) body["system"] = system_json(chat);
    if (!chat.tools.empty()) body["tools"] = tools_json(chat);
    // With thinking the API accepts no temperature but its own.
    if (chat.temperature && chat.thinking == Thinking::off) body["temperature"] = *chat.temperature;
    add_thinking_options(body, chat);
    return body;
}

HttpRequest Anthropic::request(const ChatRequest& chat, Delivery delivery) const {
    HttpRequest request;
    request.url = config_.url;
    request.headers = {
        {"content-type", "application/json"},
        {"anthropic-version", "2023-06-01"},
        {"accept", delivery == Delivery::stream ? "text/event-stream" : "application/json"}};
    std::string betas;
    for (const std::string& beta : config_.betas) betas += (betas.empty() ? "" : ",") + beta;
    if (!betas.empty()) request.headers.push_back({"anthropic-beta", betas});
    if (!config_.credential.empty()) request.credential = {config_.credential, "x-api-key", ""};
    request.body = wire::canonical_json(anthropic_body(chat, delivery));
    return request;
}

}  // namespace hs::models
