#include "models/chat.h"

namespace hs::models {

ToolSpec with_texts(ToolSpec tool) {
    tool.description_text.clear();
    wire::append_json_string(tool.description_text, tool.description);
    tool.schema_text = wire::canonical_json(tool.input_schema);
    return tool;
}

void append_description(std::string& out, const ToolSpec& tool) {
    if (tool.description_text.empty()) return wire::append_json_string(out, tool.description);
    out += tool.description_text;
}

void append_schema(std::string& out, const ToolSpec& tool) {
    if (tool.schema_text.empty()) return wire::append_canonical_json(out, tool.input_schema);
    out += tool.schema_text;
}

std::string text_of(const Message& message) {
    std::string out;
    for (const Part& part : message.parts) {
        if (const auto* text = std::get_if<TextPart>(&part)) out += text->text;
    }
    return out;
}

Usage& Usage::operator+=(const Usage& other) {
    input += other.input;
    output += other.output;
    cache_read += other.cache_read;
    cache_write += other.cache_write;
    return *this;
}

std::string_view finish_name(Finish finish) {
    switch (finish) {
        case Finish::end_turn:
            return "end_turn";
        case Finish::tool_calls:
            return "tool_calls";
        case Finish::max_tokens:
            return "max_tokens";
        case Finish::stop_sequence:
            return "stop_sequence";
        case Finish::refusal:
            return "refusal";
        case Finish::pause:
            return "pause";
        case Finish::context_full:
            return "context_full";
        case Finish::cut:
            break;
    }
    return "cut";
}

}  // namespace hs::models
