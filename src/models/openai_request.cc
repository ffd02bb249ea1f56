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

// As in the other dialect, the conversation and the tools go out without a tree of all of them.
void append_items(std::string& out, const JsonArray& items) {
    for (const Json& item : items) {
        if (!out.ends_with('[')) out += ',';
        wire::append_canonical_json(out, item);
    }
}

void append_messages(std::string& out, const ChatRequest& chat, ReasoningReturn reasoning) {
    JsonArray few;
    if (!chat.system.empty()) {
        few.push_back(JsonObject{{"role", "system"}, {"content", chat.system}});
    }
    const Items<Message> conversation = mended(chat.messages);
    for (const Message& message : conversation) {
        if (message.role == Role::assistant) {
            few.push_back(assistant_json(message, reasoning));
        } else {
            append_user(few, message);
        }
        append_items(out, few);
        few.clear();
    }
    append_items(out, few);
}

void append_tools(std::string& out, const ChatRequest& chat) {
    for (const ToolSpec& tool : chat.tools) {
        out += out.ends_with('[') ? R"({"function":{"description":)"
                                  : R"(,{"function":{"description":)";
        append_description(out, tool);
        out += R"(,"name":)";
        wire::append_json_string(out, tool.name);
        out += R"(,"parameters":)";
        append_schema(out, tool);
        out += R"(},"type":"function"})";
    }
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

std::string openai_body(const ChatRequest& chat, const OpenAiConfig& config, Delivery delivery) {
    Json body = JsonObject{{"model", chat.model}, {"stream", delivery == Delivery::stream}};
    body[max_tokens_key(config.server)] = chat.max_tokens;
    if (delivery == Delivery::stream) {
        body["stream_options"] = JsonObject{{"include_usage", true}};
    }
    if (chat.temperature) body["temperature"] = *chat.temperature;
    if (chat.thinking != Thinking::off && !chat.thinking_effort.empty()) {
        body["reasoning_effort"] = chat.thinking_effort;
    }
    // llama.cpp keeps the evaluated prefix of the conversation in its slot.
    if (config.server == OpenAiServer::llama_cpp && chat.cache == CacheHint::prefix) {
        body["cache_prompt"] = true;
    }
    std::string text = R"({"messages":[)";
    append_messages(text, chat, config.reasoning);
    text += ']';
    if (!chat.tools.empty()) {
        text += R"(,"tools":[)";
        append_tools(text, chat);
        text += ']';
    }
    text += ',';
    text += std::string_view(wire::canonical_json(body)).substr(1);
    return text;
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
    request.body = openai_body(chat, config_, delivery);
    return request;
}

}  // namespace hs::models
