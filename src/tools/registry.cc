#include "tools/registry.h"

#include <fmt/format.h>

#include "tools/default_tools.h"
#include "tools/result_label.h"
#include "tools/schema.h"
#include "wire/utf8.h"

namespace hs::tools {

using base::Code;
using base::fail;
using base::Result;
using wire::Json;

namespace {

ToolOutcome error_outcome(const base::Error& error) {
    ToolOutcome outcome;
    outcome.text = error.what;
    outcome.is_error = true;
    outcome.label = flow::Label::nothing();  // our own words
    return outcome;
}

std::string_view outcome_of(const Result<Reply>& reply) {
    if (reply) return reply->is_error ? "failed" : "done";
    switch (reply.error().code) {
        case Code::denied:
            return "denied";
        case Code::cancelled:
            return "cancelled";
        case Code::timed_out:
            return "timed out";
        case Code::invalid_input:
        case Code::not_found:
        case Code::conflict:
        case Code::exhausted:
        case Code::io:
        case Code::corrupt:
            break;
    }
    return "failed";
}

}  // namespace

std::size_t bytes_of_specs(const std::vector<ToolSpec>& specs) {
    Json list{wire::JsonArray{}};
    for (const ToolSpec& spec : specs) {
        Json item;
        item["name"] = spec.name;
        item["description"] = spec.description;
        item["input_schema"] = spec.input_schema;
        list.push(std::move(item));
    }
    return wire::canonical_json(list).size();
}

std::string bounded_text(std::string text, std::size_t bytes_max) {
    if (!wire::is_utf8(text)) text = wire::mend_utf8(text);
    if (text.size() <= bytes_max) return text;
    const std::size_t half = bytes_max / 2 - 64;
    const std::string_view head = wire::cut_utf8(text, half);
    std::string_view tail = std::string_view(text).substr(text.size() - half);
    while (!tail.empty() && (tail.front() & '\xC0') == '\x80') tail.remove_prefix(1);
    return fmt::format("{}\n[… {} bytes left out …]\n{}", head,
                       text.size() - head.size() - tail.size(), tail);
}

Registry::Registry(std::vector<std::unique_ptr<Tool>> tools) : tools_(std::move(tools)) {
    for (const auto& tool : tools_) specs_.push_back(tool->spec());
}

Registry Registry::with_default_tools(std::vector<std::unique_ptr<Tool>> more) {
    std::vector<std::unique_ptr<Tool>> tools;
    tools.push_back(make_files_list());
    tools.push_back(make_files_read());
    tools.push_back(make_files_find());
    tools.push_back(make_files_grep());
    tools.push_back(make_files_write());
    tools.push_back(make_files_edit());
    tools.push_back(make_files_remove());
    tools.push_back(make_shell_run());
    tools.push_back(make_shell_processes());
    tools.push_back(make_http_fetch());
    tools.push_back(make_skill_load());
    tools.push_back(make_skill_run());
    tools.push_back(make_plan_declare());
    tools.push_back(make_read_extract());
    for (auto& tool : more) tools.push_back(std::move(tool));
    Registry registry(std::move(tools));
    CHECK(bytes_of_specs(registry.specs()) <= specs_bytes_max);
    return registry;
}

const Tool* Registry::find(std::string_view name) const {
    for (const auto& tool : tools_) {
        if (tool->spec().name == name) return tool.get();
    }
    return nullptr;
}

std::string Registry::names() const {
    std::string names;
    for (const ToolSpec& spec : specs_) names += (names.empty() ? "" : ", ") + spec.name;
    return names;
}

ToolOutcome Registry::run(const ToolCall& call, ToolContext& context) const {
    const auto began = context.clock.steady();
    const Tool* tool = find(call.name);
    Result<Reply> reply = fail(Code::not_found, "");
    if (tool == nullptr) {
        reply = fail(Code::not_found,
                     fmt::format("there is no tool \"{}\"; there are: {}",
                                 wire::cut_utf8(wire::mend_utf8(call.name), 100), names()));
    } else if (auto arguments = checked_arguments(tool->spec().input_schema, call.arguments)) {
        reply = tool->run(*arguments, context);
    } else {
        reply =
            fail(arguments.error().code, fmt::format("{}: {}", call.name, arguments.error().what));
    }
    ToolOutcome outcome =
        reply ? ToolOutcome{bounded_text(std::move(reply->text), ToolOutcome::text_bytes_max),
                            reply->is_error, reply->label, reply->details}
              : error_outcome(reply.error());
    if (reply) outcome.sources = std::move(reply->sources);
    if (reply) outcome.form = reply->form;
    if (reply) outcome.label = label_of_content(outcome.label, outcome.text);
    // What the text itself gives away counts for all of it.
    if (reply && outcome.label == reply->label) outcome.labelled = std::move(reply->labelled);
    outcome.label.classes = outcome.label.classes | context.classes;
    const auto took = context.clock.steady() - began;
    outcome.text = bounded_text(std::move(outcome.text), ToolOutcome::text_bytes_max);
    outcome.card["tool"] = wire::mend_utf8(call.name);
    outcome.card["summary"] = bounded_text(reply ? reply->summary : reply.error().what, 1024);
    outcome.card["decision"] = context.decision;
    outcome.card["outcome"] = outcome_of(reply);
    outcome.card["ms"] = static_cast<std::int64_t>(
        std::chrono::duration_cast<std::chrono::milliseconds>(took).count());
    return outcome;
}

}  // namespace hs::tools
