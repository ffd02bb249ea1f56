#include <fmt/format.h>

#include "models/conversation.h"
#include "models/openai.h"

namespace hs::models {
namespace {

using base::Code;
using base::fail;
using base::Result;
using wire::Json;
using wire::JsonArray;
using wire::JsonObject;

Json call_json(const ToolCallPart& call) {
    return JsonObject{
        {"id", call.id},
        {"type", "function"},
        {"function",
         JsonObject{{"name", call.name}, {"arguments", wire::canonical_json(call.arguments)}}}};
}

std::string reasoning_of(const Message& message) {
    std::string out;
    for (const Part& part : message.parts) {
        const auto* thinking = std::get_if<ThinkingPart>(&part);
        if (thinking != nullptr && thinking->origin == "openai") out += thinking->text;
    }
    return out;
}

Json assistant_json(const Message& message, ReasoningReturn reasoning) {
    JsonArray calls;
    for (const Part& part : message.parts) {
        if (const auto* call = std::get_if<ToolCallPart>(&part)) calls.push_back(call_json(*call));
    }
    const std::string text = text_of(message);
    Json json = JsonObject{{"role", "assistant"}, {"content", Json()}};
    if (!text.empty() || calls.empty()) json["content"] = text;
    if (calls.empty()) return json;
    json["tool_calls"] = std::move(calls);
    const std::string thought = reasoning_of(message);
    if (reasoning == ReasoningReturn::tool_loop && !thought.empty()) {
        json["reasoning_content"] = thought;
    }
    return json;
}

// Each result is a message of its own; what the person says comes after them.
void append_user(JsonArray& messages, const Message& message) {
    for (const Part& part : message.parts) {
        const auto* result = std::get_if<ToolResultPart>(&part);
        if (result == nullptr) continue;
        // The format has no mark for errors, so the text says it.
        const std::string content =
            result->is_error ? "Error: " + result->content : result->content;
        messages.push_back(
            JsonObject{{"role", "tool"}, {"tool_call_id", result->call_id}, {"content", content}});
    }
    const std::string text = text_of(message);
    if (!text.empty()) messages.push_back(JsonObject{{"role", "user"}, {"content", text}});
}

JsonArray messages_json(const ChatRequest& chat, ReasoningReturn reasoning) {
    JsonArray messages;
    if (!chat.system.empty()) {
        messages.push_back(JsonObject{{"role", "system"}, {"content", chat.system}});
    }
    const Items<Message> conversation = mended(chat.messages);
    for (const Message& message : conversation) {
        if (message.role == Role::assistant) {
            messages.push_back(assistant_json(message, reasoning));
        } else {
            append_user(messages, message);
        }
    }
    return messages;
}

JsonArray tools_json(const ChatRequest& chat) {
    JsonArray tools;
    for (const ToolSpec& tool : chat.tools) {
        tools.push_back(JsonObject{{"type", "function"},
                                   {"function", JsonObject{{"name", tool.name},
                                                           {"description", tool.description},
                                                           {"parameters", tool.input_schema}}}});
    }
    return tools;
}

// Newer models of OpenAI refuse max_tokens; most other servers know nothing else.
std::string_view max_tokens_key(OpenAiServer server) {
    const bool newer = server == OpenAiServer::openai || server == OpenAiServer::azure;
    return newer ? "max_completion_tokens" : "max_tokens";
}

bool is_plain_segment(std::string_view text) {
    return !text.empty() && text.size() <= 100 && text != "." && text != ".." &&
           wire::escape_url_component(text) == text;
}

}  // namespace

Result<wire::Url> azure_url(const wire::Url& resource, std::string_view deployment,
                            std::string_view api_version) {
    if (!is_plain_segment(deployment) || !is_plain_segment(api_version)) {
        return fail(Code::invalid_input,
                    "Azure's deployment and api_version must be plain names such as gpt-4o and "
                    "2024-10-21");
    }
    wire::Url url = resource;
    url.path = fmt::format("/openai/deployments/{}/chat/completions", deployment);
    url.query = fmt::format("api-version={}", api_version);
    url.has_query = true;
    return url;
}

Json openai_body(const ChatRequest& chat, const OpenAiConfig& config, Delivery delivery) {
    Json body = JsonObject{{"model", chat.model},
                           {"messages", messages_json(chat, config.reasoning)},
                           {"stream", delivery == Delivery::stream}};
    body[max_tokens_key(config.server)] = chat.max_tokens;
    if (delivery == Delivery::stream) {
        body["stream_options"] = JsonObject{{"include_usage", true}};
    }
    if (!chat.tools.empty()) body["tools"] = tools_json(chat);
    if (chat.temperature) body["temperature"] = *chat.temperature;
    if (chat.thinking != Thinking::off && !chat.thinking_effort.empty()) {
        body["reasoning_effort"] = chat.thinking_effort;
    }
    // llama.cpp keeps the evaluated prefix of the conversation in its slot.
    if (config.server == OpenAiServer::llama_cpp && chat.cache == CacheHint::prefix) {
        body["cache_prompt"] = true;
    }
    return body;
}

HttpRequest OpenAi::request(const ChatRequest& chat, Delivery delivery) const {
    HttpRequest request;
    request.url = config_.url;
    request.headers = {
        {"content-type", "application/json"},
        {"accept", delivery == Delivery::stream ? "text/event-stream" : "application/json"}};
    if (!config_.credential.empty()) {
        request.credential = config_.server == OpenAiServer::azure
                                 ? Credential{config_.credential, "api-key", ""}
                                 : Credential{config_.credential, "authorization", "Bearer "};
    }
    request.body = wire::canonical_json(openai_body(chat, config_, delivery));
    return request;
}

}  // namespace hs::models
