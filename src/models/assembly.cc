#include "models/assembly.h"

#include <fmt/format.h>

#include "models/lenient_json.h"
#include "models/trouble.h"
#include "wire/utf8.h"

namespace hs::models {
namespace {

using wire::Json;

constexpr std::size_t name_bytes_max = 64;
constexpr std::size_t notices_max = 16;
// Of bad arguments the model is shown, and the conversation keeps, no more than this.
constexpr std::size_t raw_bytes_max = 4096;

constexpr bool is_plain(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-';
}

std::string tool_names(const ChatRequest& request) {
    std::string names;
    for (const ToolSpec& tool : request.tools) {
        if (!names.empty()) names += ", ";
        names += tool.name;
    }
    return names.empty() ? "none" : names;
}

bool has_tool(const ChatRequest& request, std::string_view name) {
    for (const ToolSpec& tool : request.tools) {
        if (tool.name == name) return true;
    }
    return false;
}

// Some servers quote the object once more, as a string of JSON.
std::optional<Json> unquoted_object(const Json& value) {
    if (value.text() == nullptr) return {};
    auto inner = parse_lenient_json(*value.text());
    if (!inner || inner->object() == nullptr) return {};
    return *std::move(inner);
}

}  // namespace

std::string plain_name(std::string_view text, std::string_view otherwise) {
    std::string out;
    for (const char c : text.substr(0, name_bytes_max)) out += is_plain(c) ? c : '_';
    return out.empty() ? std::string(otherwise) : out;
}

Assembly::Assembly(const ChatRequest& request, EventSink& sink, AssemblyLimits limits)
    : request_(request), sink_(sink), limits_(limits) {
    answer_.model = request.model;
    for (const Message& message : request.messages) {
        for (const Part& part : message.parts) {
            if (const auto* call = std::get_if<ToolCallPart>(&part)) ids_.insert(call->id);
        }
    }
}

std::size_t Assembly::open(Part part) {
    if (answer_.message.parts.size() >= limits_.parts_max) {
        stop_at("parts", limits_.parts_max);
        return no_part;
    }
    answer_.message.parts.push_back(std::move(part));
    return answer_.message.parts.size() - 1;
}

std::size_t Assembly::open_text() {
    return open(TextPart{});
}

std::size_t Assembly::open_thinking(std::string_view origin) {
    return open(ThinkingPart{std::string(origin), {}, {}, {}});
}

std::size_t Assembly::open_call(std::string_view id, std::string_view name) {
    if (calls_.size() >= limits_.calls_max) {
        stop_at("tool calls", limits_.calls_max);
        return no_part;
    }
    ToolCallPart call;
    call.id = unique_id(id);
    call.name = plain_name(name, "unnamed");
    if (!has_tool(request_, name)) {
        call.problem = fmt::format("There is no tool named \"{}\". The tools are: {}.",
                                   excerpt(name, 80), tool_names(request_));
    }
    const std::size_t part = open(call);
    if (part == no_part) return no_part;
    calls_.push_back({part, {}, false});
    emit(ToolCallBegun{part, call.id, call.name});
    return part;
}

void Assembly::add_redacted_thinking(std::string_view origin, std::string_view data) {
    if (room(thinking_bytes_, limits_.thinking_bytes_max, "thinking", data) < data.size()) return;
    thinking_bytes_ += data.size();
    (void)open(ThinkingPart{std::string(origin), {}, {}, std::string(data)});
}

void Assembly::add_text(std::size_t part, std::string_view text) {
    if (part >= answer_.message.parts.size() || text.empty()) return;
    const std::string_view kept =
        wire::cut_utf8(text, room(text_bytes_, limits_.text_bytes_max, "text", text));
    if (kept.empty()) return;
    text_bytes_ += kept.size();
    std::get<TextPart>(answer_.message.parts[part]).text += kept;
    emit(TextDelta{part, kept});
}

void Assembly::add_thinking(std::size_t part, std::string_view text) {
    if (part >= answer_.message.parts.size() || text.empty()) return;
    if (room(thinking_bytes_, limits_.thinking_bytes_max, "thinking", text) < text.size()) return;
    thinking_bytes_ += text.size();
    std::get<ThinkingPart>(answer_.message.parts[part]).text += text;
    emit(ThinkingDelta{part, text});
}

void Assembly::add_signature(std::size_t part, std::string_view signature) {
    if (part >= answer_.message.parts.size()) return;
    const std::size_t left =
        room(thinking_bytes_, limits_.thinking_bytes_max, "thinking", signature);
    if (left < signature.size()) return;
    thinking_bytes_ += signature.size();
    std::get<ThinkingPart>(answer_.message.parts[part]).signature += signature;
}

void Assembly::add_arguments(std::size_t part, std::string_view fragment) {
    Call* call = find_call(part);
    if (call == nullptr || call->ended || fragment.empty()) return;
    const std::size_t left =
        room(arguments_bytes_, limits_.arguments_bytes_max, "tool arguments", fragment);
    if (left < fragment.size()) return;
    arguments_bytes_ += fragment.size();
    call->arguments += fragment;
    emit(ToolArgumentsDelta{part, fragment});
}

void Assembly::end_call(std::size_t part) {
    Call* call = find_call(part);
    // A call whose arguments met the maximum is not the call that the model meant.
    if (call == nullptr || call->ended || full_) return;
    call->ended = true;
    resolve_arguments(*call);
    emit(ToolCallEnded{part});
}

void Assembly::set_usage(const Usage& usage) {
    answer_.usage = usage;
    sink_.on_event(UsageSeen{usage});
}

void Assembly::set_model(std::string_view model) {
    if (!model.empty()) answer_.model = excerpt(model, 200);
}

void Assembly::add_notice(std::string notice) {
    if (answer_.notices.size() < notices_max) answer_.notices.push_back(std::move(notice));
}

Answer Assembly::take(Ending ending) {
    if (full_) ending = Ending::cut;
    if (ending == Ending::complete) {
        for (Call& call : calls_) end_call(call.part);
    }
    drop_unended_calls();
    choose_finish(ending);
    emit(Finished{answer_.finish});
    return std::move(answer_);
}

void Assembly::emit(const ChatEvent& event) {
    visible_ = visible_ || !std::holds_alternative<Finished>(event);
    sink_.on_event(event);
}

void Assembly::stop_at(std::string_view what, std::size_t maximum) {
    if (std::exchange(full_, true)) return;
    add_notice(fmt::format("The model's answer was cut: it has more {} than the maximum of {}{}.",
                           what, maximum, what == "parts" || what == "tool calls" ? "" : " bytes"));
}

// How much of `wanted` still fits; anything less than all of it makes the answer full.
std::size_t Assembly::room(std::size_t used, std::size_t maximum, std::string_view what,
                           std::string_view wanted) {
    const std::size_t left = full_ ? 0 : maximum - used;
    if (wanted.size() > left) stop_at(what, maximum);
    return std::min(left, wanted.size());
}

std::string Assembly::unique_id(std::string_view id) {
    const std::string plain =
        plain_name(id, fmt::format("call_{}_{}", request_.messages.size(), calls_.size()));
    std::string unique = plain;
    for (std::size_t i = 2; !ids_.insert(unique).second; ++i) {
        const std::string suffix = fmt::format("_{}", i);
        unique = plain.substr(0, name_bytes_max - suffix.size()) + suffix;
    }
    return unique;
}

Assembly::Call* Assembly::find_call(std::size_t part) {
    for (Call& call : calls_) {
        if (call.part == part) return &call;
    }
    return nullptr;
}

void Assembly::resolve_arguments(Call& call) {
    auto& part = std::get<ToolCallPart>(answer_.message.parts[call.part]);
    if (call.arguments.find_first_not_of(" \t\r\n") == std::string::npos) return;
    auto parsed = parse_lenient_json(call.arguments);
    if (parsed && parsed->object() != nullptr) {
        part.arguments = *std::move(parsed);
        return;
    }
    if (auto inner = parsed ? unquoted_object(*parsed) : std::nullopt) {
        part.arguments = *std::move(inner);
        return;
    }
    part.raw = wire::cut_utf8(wire::mend_utf8(call.arguments), raw_bytes_max);
    if (!part.problem.empty()) return;
    part.problem = fmt::format(
        "The arguments of {} must be a JSON object; the call was not run. {} You wrote: {}",
        part.name, parsed ? "They are JSON of another type." : excerpt(parsed.error().what),
        excerpt(call.arguments, 200));
}

void Assembly::drop_unended_calls() {
    std::size_t dropped = 0;
    for (auto call = calls_.rbegin(); call != calls_.rend(); ++call) {
        if (call->ended) continue;
        const auto at = answer_.message.parts.begin() + static_cast<std::ptrdiff_t>(call->part);
        answer_.message.parts.erase(at);
        ++dropped;
    }
    std::erase_if(calls_, [](const Call& call) { return !call.ended; });
    if (dropped == 0) return;
    add_notice(fmt::format("{} unfinished tool call{} dropped and not run.", dropped,
                           dropped == 1 ? " was" : "s were"));
}

void Assembly::choose_finish(Ending ending) {
    answer_.finish = finish_.value_or(Finish::end_turn);
    if (ending == Ending::cut) {
        answer_.finish = Finish::cut;
    } else if (answer_.finish == Finish::end_turn && has_calls()) {
        // Some servers say "stop" although the model called tools.
        answer_.finish = Finish::tool_calls;
    } else if (answer_.finish == Finish::tool_calls && !has_calls()) {
        answer_.finish = Finish::end_turn;
    }
}

}  // namespace hs::models
