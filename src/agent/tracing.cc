#include "agent/tracing.h"

#include "models/carried.h"
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
    const auto form = wire::text_at_or(held, "form", "");
    if (form && *form == "value") span.form = flow::Span::Form::value;
    if (form && *form == "choice") span.form = flow::Span::Form::choice;
    return span;
}

// What was kept of one part's sources; none that can be read: some tool's.
std::vector<flow::Source> sources_of(const StoredMessage& message, std::size_t part) {
    std::vector<flow::Source> sources;
    const Json* spans = message.trace.find("spans");
    const bool held =
        spans != nullptr && spans->array() != nullptr && part < spans->array()->size();
    const Json* kept = held ? (*spans->array())[part].find("sources") : nullptr;
    if (kept != nullptr && kept->array() != nullptr) {
        for (const Json& one : *kept->array()) {
            auto source = flow::source_from_json(one);
            if (source) sources.push_back(std::move(*source));
        }
    }
    if (sources.empty()) sources.push_back({flow::SourceKind::tool, "an earlier result"});
    return sources;
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

Json traces_of(const std::vector<flow::Span>& spans, const models::Message& results) {
    wire::JsonArray list;
    for (std::size_t i = 0; i < spans.size(); ++i) {
        Json one;
        one["label"] = flow::to_json(spans[i].label);
        one["origin"] = spans[i].origin;
        if (spans[i].form == flow::Span::Form::value) one["form"] = "value";
        if (spans[i].form == flow::Span::Form::choice) one["form"] = "choice";
        const auto* result = i < results.parts.size()
                                 ? std::get_if<models::ToolResultPart>(&results.parts[i])
                                 : nullptr;
        if (result != nullptr && result->origin.held) {
            wire::JsonArray sources;
            for (const flow::Source& source : result->origin.held->sources) {
                sources.push_back(flow::to_json(source));
            }
            one["sources"] = std::move(sources);
        }
        list.push_back(std::move(one));
    }
    Json trace;
    trace["spans"] = std::move(list);
    return trace;
}

models::Origin origin_of_result(const models::ToolCallPart& call, std::vector<flow::Source> sources,
                                const flow::Label& label, std::string_view text) {
    if (sources.empty()) sources.push_back({flow::SourceKind::tool, shortened(call.name)});
    for (flow::Source& source : sources) {
        source.name = wire::cut_utf8(source.name, flow::Source::name_bytes_max);
        if (!wire::is_utf8(source.name)) source.name = wire::mend_utf8(source.name);
        if (source.lines.size() > flow::Source::lines_max) {
            source.lines = {{source.lines.front().first, source.lines.back().last}};
        }
    }
    return models::make_origin(std::move(sources), label.classes, text);
}

void restore_origins(StoredMessage& message) {
    if (message.message.role == models::Role::assistant) return;
    const bool folded = message.trace.find("context") != nullptr;
    const std::string name = std::to_string(message.sequence);
    std::size_t at = 0;
    for (auto& part : message.message.parts) {
        if (auto* text = std::get_if<models::TextPart>(&part)) {
            const auto kind = folded ? flow::SourceKind::summary : flow::SourceKind::message;
            text->origin = models::make_origin({{kind, name}}, message.label.classes, text->text);
        } else if (auto* result = std::get_if<models::ToolResultPart>(&part)) {
            const flow::DataClasses classes = span_of(message, at, "").label.classes;
            result->origin = models::make_origin(sources_of(message, at), classes, result->content);
        }
        ++at;
    }
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
