#include "agent/tracing.h"

#include "wire/utf8.h"

namespace hs::agent {
namespace {

using wire::Json;

constexpr std::size_t snapshot_bytes_max = std::size_t{4} << 20U;
constexpr std::size_t origin_bytes_max = 300;

// The label and origin that were kept for one part; those of the whole message where none were.
flow::Span span_of(const StoredMessage& message, std::size_t part, const std::string& text) {
    flow::Span span{text, message.label, "an earlier result"};
    const Json* spans = message.trace.find("spans");
    if (spans == nullptr) return span;
    if (spans->array() == nullptr || part >= spans->array()->size()) {
        span.label = flow::Label::unknown();
        return span;
    }
    const Json& held = (*spans->array())[part];
    span.label = flow::label_or_unknown(held.find("label"));
    const auto origin = wire::text_at_or(held, "origin", span.origin);
    if (origin) span.origin = *origin;
    return span;
}

std::string shortened(std::string_view text) {
    return std::string(wire::cut_utf8(text, origin_bytes_max));
}

}  // namespace

std::string origin_of(const models::ToolCallPart& call) {
    for (const auto& [argument, words] :
         {std::pair("url", "the page "), std::pair("path", "the file "),
          std::pair("argv", "the output of "), std::pair("script", "the output of the script ")}) {
        const Json* value = call.arguments.find(argument);
        if (value == nullptr) continue;
        return shortened(words + flow::value_text(*value));
    }
    return "a result of " + call.name;
}

Json traces_of(const std::vector<flow::Span>& spans) {
    wire::JsonArray list;
    for (const flow::Span& span : spans) {
        Json one;
        one["label"] = flow::to_json(span.label);
        one["origin"] = span.origin;
        list.push_back(std::move(one));
    }
    Json trace;
    trace["spans"] = std::move(list);
    return trace;
}

Json snapshot_of(const flow::Context& context) {
    Json trace;
    trace["context"] = context.to_json();
    return wire::canonical_json(trace).size() <= snapshot_bytes_max ? trace : Json();
}

void take_in(flow::Context& context, const StoredMessage& message) {
    if (message.message.role == models::Role::assistant) return;
    if (const Json* snapshot = message.trace.find("context")) {
        context = flow::Context::from_json(*snapshot,
                                           std::make_shared<const flow::World>(context.world()));
        return;
    }
    std::size_t part = 0;
    for (const auto& each : message.message.parts) {
        if (const auto* text = std::get_if<models::TextPart>(&each)) {
            context.hear(text->text, message.label, "your message");
        } else if (const auto* result = std::get_if<models::ToolResultPart>(&each)) {
            context.read(span_of(message, part, result->content));
        }
        ++part;
    }
}

}  // namespace hs::agent
