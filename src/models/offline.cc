#include "models/offline.h"

#include <fmt/format.h>

#include "models/assembly.h"
#include "models/offline_grammar.h"
#include "wire/utf8.h"

namespace hs::models {
namespace {

using wire::Json;

constexpr std::size_t delta_bytes = 4096;

std::string argument(const ToolCallPart& call, std::string_view key) {
    const Json* value = call.arguments.find(key);
    return value != nullptr && value->text() != nullptr ? *value->text() : std::string();
}

std::string command_line(const ToolCallPart& call) {
    const Json* argv = call.arguments.find("argv");
    std::string line;
    if (argv == nullptr || argv->array() == nullptr) return line;
    for (const Json& word : *argv->array()) {
        if (!line.empty()) line += ' ';
        if (word.text() != nullptr) line += *word.text();
    }
    return line;
}

// What was done, for the line above the result.
std::string title_of(const ToolCallPart& call) {
    if (call.name == "files_list") return "Files in " + argument(call, "path");
    if (call.name == "files_read") return argument(call, "path");
    if (call.name == "files_find") {
        return fmt::format("Files named {} in {}", argument(call, "name"), argument(call, "path"));
    }
    if (call.name == "files_grep") {
        return fmt::format("\"{}\" in {}", argument(call, "pattern"), argument(call, "path"));
    }
    if (call.name == "files_write") return "Wrote " + argument(call, "path");
    if (call.name == "files_edit") return "Changed " + argument(call, "path");
    if (call.name == "shell_run") return "Ran " + command_line(call);
    if (call.name == "remember") return "Remember " + argument(call, "text");
    if (call.name == "recall") return "What is remembered about " + argument(call, "query");
    if (call.name == "forget") return "Forget " + argument(call, "id");
    if (call.name == "http_fetch") return "Fetched " + argument(call, "url");
    return call.name;
}

// A fence longer than any run of backquotes inside, so the result cannot leave it (CommonMark 4.5).
std::string fenced(std::string_view content) {
    std::size_t longest = 0;
    std::size_t run = 0;
    for (const char c : content) {
        run = c == '`' ? run + 1 : 0;
        longest = std::max(longest, run);
    }
    const std::string fence(std::max<std::size_t>(3, longest + 1), '`');
    const std::string_view end = content.ends_with('\n') ? "" : "\n";
    return fmt::format("{}\n{}{}{}\n", fence, content, end, fence);
}

std::string shown(const ToolCallPart& call, const ToolResultPart& result) {
    const std::string title = title_of(call);
    const std::string heading = result.is_error ? "Not done: " + title : title;
    if (result.content.empty()) return heading + (result.is_error ? "." : ": no output.") + "\n";
    const std::string_view kept = wire::cut_utf8(result.content, offline_result_bytes_max);
    std::string out = heading + ":\n" + fenced(kept);
    if (kept.size() < result.content.size()) {
        out += fmt::format("({} more bytes are not shown.)\n", result.content.size() - kept.size());
    }
    return out;
}

const ToolCallPart* find_call(const std::vector<Message>& messages, std::string_view id) {
    for (auto message = messages.rbegin(); message != messages.rend(); ++message) {
        for (const Part& part : message->parts) {
            const auto* call = std::get_if<ToolCallPart>(&part);
            if (call != nullptr && call->id == id) return call;
        }
    }
    return nullptr;
}

std::string answer_from_results(const std::vector<Message>& messages) {
    std::string out;
    for (const Part& part : messages.back().parts) {
        const auto* result = std::get_if<ToolResultPart>(&part);
        if (result == nullptr) continue;
        const ToolCallPart* call = find_call(messages, result->call_id);
        if (!out.empty()) out += '\n';
        out += shown(call != nullptr ? *call : ToolCallPart{"", "A tool answered", {}, "", ""},
                     *result);
    }
    return out;
}

// The tool that is missing from the session, or "".
std::string missing_tool(const ChatRequest& request, const std::vector<OfflineCall>& calls) {
    for (const OfflineCall& call : calls) {
        const auto offered =
            std::find_if(request.tools.begin(), request.tools.end(),
                         [&](const ToolSpec& tool) { return tool.name == call.tool; });
        if (offered == request.tools.end()) return call.tool;
    }
    return {};
}

void say(Assembly& assembly, std::string_view text) {
    const std::size_t part = assembly.open_text();
    while (!text.empty()) {
        std::string_view delta = wire::cut_utf8(text, delta_bytes);
        if (delta.empty()) delta = text.substr(0, delta_bytes);
        assembly.add_text(part, delta);
        text.remove_prefix(delta.size());
    }
}

void act(const ChatRequest& request, Assembly& assembly, std::string_view text) {
    const OfflineAction action = parse_offline_text(text);
    if (const auto* answer = std::get_if<std::string>(&action)) return say(assembly, *answer);
    const auto& calls = std::get<std::vector<OfflineCall>>(action);
    if (const std::string missing = missing_tool(request, calls); !missing.empty()) {
        return say(assembly, fmt::format("That needs the tool {}, which this session does not "
                                         "offer. See what it offers with /tools.",
                                         missing));
    }
    for (const OfflineCall& call : calls) {
        const std::size_t part = assembly.open_call("", call.tool);
        assembly.add_arguments(part, wire::canonical_json(call.arguments));
        assembly.end_call(part);
    }
}

}  // namespace

Reply OfflineProvider::complete(const ChatRequest& request, EventSink& sink, const Stop& stop) {
    Assembly assembly(request, sink);
    assembly.set_model("offline");
    Reply reply;
    if (stop.requested()) {
        reply.trouble = transport_trouble(name(), {base::Code::cancelled, "", {}});
    } else {
        const bool by_person =
            !request.messages.empty() && request.messages.back().role == Role::user;
        const std::string text = by_person ? text_of(request.messages.back()) : std::string();
        const std::string results =
            by_person && text.empty() ? answer_from_results(request.messages) : std::string();
        if (results.empty()) {
            act(request, assembly, text);
        } else {
            say(assembly, results);
        }
    }
    reply.answer =
        assembly.take(reply.trouble ? Assembly::Ending::cut : Assembly::Ending::complete);
    reply.answer.provider = name();
    reply.visible = assembly.visible();
    return reply;
}

}  // namespace hs::models
