#include <fmt/format.h>

#include "models/anthropic.h"
#include "models/conversation.h"

namespace hs::models {
namespace {

using wire::Json;
using wire::JsonArray;
using wire::JsonObject;

// A request repeats the whole conversation, so the large parts of its body are put together as text
// and not as a tree of values.
constexpr std::string_view cache_mark = R"("cache_control":{"type":"ephemeral"})";

void append_member(std::string& out, std::string_view key, std::string_view text) {
    out += out.ends_with('{') ? "\"" : ",\"";
    out += key;
    out += "\":";
    wire::append_json_string(out, text);
}

// Writes a block without its closing brace; false where the part stays behind.
struct BlockWriter {
    std::string& out;

    bool operator()(const TextPart& part) const {
        out += '{';
        append_member(out, "text", part.text);
        append_member(out, "type", "text");
        return true;
    }
    // Thinking of another provider, or cut before its signature, is refused by the API.
    bool operator()(const ThinkingPart& part) const {
        if (part.origin != "anthropic") return false;
        if (part.redacted.empty() && part.signature.empty()) return false;
        out += '{';
        if (!part.redacted.empty()) {
            append_member(out, "data", part.redacted);
            append_member(out, "type", "redacted_thinking");
            return true;
        }
        append_member(out, "signature", part.signature);
        append_member(out, "thinking", part.text);
        append_member(out, "type", "thinking");
        return true;
    }
    bool operator()(const ToolCallPart& part) const {
        out += '{';
        append_member(out, "id", part.id);
        out += ",\"input\":";
        wire::append_canonical_json(out, part.arguments);
        append_member(out, "name", part.name);
        append_member(out, "type", "tool_use");
        return true;
    }
    bool operator()(const ToolResultPart& part) const {
        out += '{';
        if (!part.content.empty()) append_member(out, "content", part.content);
        if (part.is_error) out += out.ends_with('{') ? "\"is_error\":true" : ",\"is_error\":true";
        append_member(out, "tool_use_id", part.call_id);
        append_member(out, "type", "tool_result");
        return true;
    }
};

enum class Mark : std::uint8_t { none, last_block };

void append_message(std::string& out, const Message& message, Mark mark) {
    out += R"({"content":[)";
    const std::size_t begin = out.size();
    for (const Part& part : message.parts) {
        const std::size_t before = out.size();
        if (before != begin) out += "},";
        if (!std::visit(BlockWriter{out}, part)) out.resize(before);
    }
    if (out.size() != begin) {
        if (mark == Mark::last_block) {
            out += ',';
            out += cache_mark;
        }
        out += '}';
    }
    out += message.role == Role::user ? R"(],"role":"user"})" : R"(],"role":"assistant"})";
}

void append_messages(std::string& out, const ChatRequest& chat) {
    const Items<Message> conversation = mended(chat.messages);
    for (std::size_t i = 0; i < conversation.size(); ++i) {
        if (i > 0) out += ',';
        const bool marks = chat.cache == CacheHint::prefix && i + 1 == conversation.size();
        append_message(out, conversation[i], marks ? Mark::last_block : Mark::none);
    }
}

void append_tools(std::string& out, const ChatRequest& chat) {
    for (std::size_t i = 0; i < chat.tools.size(); ++i) {
        const ToolSpec& tool = chat.tools[i];
        out += i > 0 ? ",{" : "{";
        if (chat.cache == CacheHint::prefix && i + 1 == chat.tools.size()) out += cache_mark;
        out += out.ends_with('{') ? "\"description\":" : ",\"description\":";
        append_description(out, tool);
        out += ",\"input_schema\":";
        append_schema(out, tool);
        append_member(out, "name", tool.name);
        out += '}';
    }
}

Json system_json(const ChatRequest& chat) {
    if (chat.cache == CacheHint::none) return chat.system;
    return JsonArray{JsonObject{{"type", "text"},
                                {"text", chat.system},
                                {"cache_control", JsonObject{{"type", "ephemeral"}}}}};
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

std::string anthropic_body(const ChatRequest& chat, Delivery delivery) {
    Json body = JsonObject{{"model", chat.model},
                           {"max_tokens", chat.max_tokens},
                           {"stream", delivery == Delivery::stream}};
    if (!chat.system.empty()) body["system"] = system_json(chat);
    // With thinking the API accepts no temperature but its own.
    if (chat.temperature && chat.thinking == Thinking::off) body["temperature"] = *chat.temperature;
    add_thinking_options(body, chat);
    std::string text = R"({"messages":[)";
    append_messages(text, chat);
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
    request.body = anthropic_body(chat, delivery);
    return request;
}

}  // namespace hs::models
