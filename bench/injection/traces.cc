#include "traces.h"

#include <fmt/format.h>

#include <fstream>
#include <sstream>

namespace hs::bench_injection {
namespace {

using base::Code;
using base::fail;
using base::Result;
using wire::Json;

constexpr std::size_t file_bytes_max = std::size_t{256} << 20U;

base::Failure refused(const std::string& where, std::string_view wanted) {
    return fail(Code::invalid_input, fmt::format("{}: expected {}", where, wanted));
}

// Every error says which file it is about.
template <class T>
Result<T> in_file(const std::string& path, Result<T> result) {
    if (result) return result;
    return fail(result.error().code, fmt::format("{}: {}", path, result.error().what));
}

Result<std::string> text_of(const Json& json, std::string_view key, const std::string& where) {
    const Json* value = json.find(key);
    if (value == nullptr || value->text() == nullptr) {
        return refused(fmt::format("{}.{}", where, key), "a text");
    }
    return *value->text();
}

Result<const wire::JsonArray*> list_of(const Json& json, std::string_view key,
                                       const std::string& where) {
    const Json* value = json.find(key);
    if (value == nullptr || value->array() == nullptr) {
        return refused(fmt::format("{}.{}", where, key), "a list");
    }
    return value->array();
}

Result<Step> step_from(const Json& json, const std::string& where) {
    if (json.object() == nullptr) return refused(where, "an object");
    Step step;
    step.tool = TRY(text_of(json, "tool", where));
    const Json* arguments = json.find("args");
    if (arguments == nullptr || arguments->object() == nullptr) {
        return refused(where + ".args", "an object");
    }
    step.arguments = *arguments;
    step.result = TRY(text_of(json, "result", where));
    if (const Json* result = json.find("result_json")) {
        step.result_json = *result;
        step.has_result_json = true;
    }
    return step;
}

Result<std::vector<Step>> steps_from(const Json& json, const std::string& where) {
    std::vector<Step> steps;
    const wire::JsonArray* list = TRY(list_of(json, "steps", where));
    for (std::size_t i = 0; i < list->size(); ++i) {
        steps.push_back(TRY(step_from((*list)[i], fmt::format("{}.steps[{}]", where, i))));
    }
    return steps;
}

Result<UserTask> user_task_from(const Json& json, const std::string& where) {
    if (json.object() == nullptr) return refused(where, "an object");
    UserTask task;
    task.id = TRY(text_of(json, "id", where));
    task.prompt = TRY(text_of(json, "prompt", where));
    task.steps = TRY(steps_from(json, where));
    const Json* seen = json.find("vectors_first_seen_at_step");
    if (seen == nullptr || seen->object() == nullptr) {
        return refused(where + ".vectors_first_seen_at_step", "an object");
    }
    for (const auto& [vector, step] : *seen->object()) {
        const std::int64_t* index = step.integer();
        if (index == nullptr || *index < 0 ||
            static_cast<std::size_t>(*index) >= task.steps.size()) {
            return refused(fmt::format("{}.vectors_first_seen_at_step.{}", where, vector),
                           "the index of a step");
        }
        const auto at = static_cast<std::size_t>(*index);
        task.first_vector_step = task.has_vector ? std::min(task.first_vector_step, at) : at;
        task.has_vector = true;
    }
    return task;
}

Result<InjectionTask> injection_from(const Json& json, const std::string& where) {
    if (json.object() == nullptr) return refused(where, "an object");
    InjectionTask task;
    task.id = TRY(text_of(json, "id", where));
    task.steps = TRY(steps_from(json, where));
    const Json* kind = json.find("kind");
    if (kind != nullptr && (kind->text() == nullptr ||
                            (*kind->text() != "tool_calls" && *kind->text() != "text_only"))) {
        return refused(where + ".kind", "tool_calls or text_only");
    }
    // Whatever it is called: without a call there is nothing to refuse.
    task.text_only = task.steps.empty();
    return task;
}

const Json* at_pointer(const Json& json, const std::string& pointer) {
    const Json* at = &json;
    std::size_t begin = 1;
    while (at != nullptr && begin <= pointer.size()) {
        const std::size_t end = std::min(pointer.find('/', begin), pointer.size());
        at = at->find(pointer.substr(begin, end - begin));
        begin = end + 1;
    }
    return at;
}

// Contacts and members stand in the environment of the traces.
Result<> add_people(const Json& labels, const Json& traces, flow::World& world) {
    if (const Json* rule = labels.find("contacts")) {
        const Json* list = at_pointer(traces, TRY(text_of(*rule, "at", "contacts")));
        const std::string address = TRY(text_of(*rule, "address", "contacts"));
        const std::string name = TRY(text_of(*rule, "name", "contacts"));
        const auto add = [&](const Json& item) -> Result<> {
            world.contacts.push_back(
                {TRY(text_of(item, address, "a contact")), TRY(text_of(item, name, "a contact"))});
            return {};
        };
        if (list != nullptr && list->array() != nullptr) {
            for (const Json& item : *list->array()) TRY(add(item));
        } else if (list != nullptr && list->object() != nullptr) {
            for (const auto& [key, item] : *list->object()) TRY(add(item));
        } else {
            return refused("contacts.at", "the place of a list in the traces");
        }
    }
    if (const Json* rule = labels.find("members")) {
        const Json* list = at_pointer(traces, TRY(text_of(*rule, "at", "members")));
        if (list == nullptr || list->array() == nullptr) {
            return refused("members.at", "the place of a list in the traces");
        }
        for (const Json& item : *list->array()) {
            if (item.text() == nullptr) return refused("members.at", "a list of names");
            world.members.push_back(*item.text());
        }
    }
    return {};
}

Result<> add_labels(const Json& labels, const Json& traces, Suite& suite) {
    const Json* suites = labels.find("suites");
    const Json* own = suites != nullptr ? suites->find(suite.name) : nullptr;
    if (own == nullptr) {
        return refused("suites." + suite.name, "the labels of the traces' suite");
    }
    flow::World world;
    auto connector = TRY(flow::Connector::parse(*own, labels.find("object_kinds"), world));
    TRY(add_people(*own, traces, world));
    suite.world = std::make_shared<const flow::World>(std::move(world));
    suite.connector = std::make_shared<const flow::Connector>(std::move(connector));
    return {};
}

void label_steps(const Suite& suite, std::vector<Step>& steps) {
    for (Step& step : steps) {
        step.labelled =
            step.has_result_json
                ? suite.connector->label(step.tool, step.result, step.result_json)
                : flow::LabelledResult::unknown(step.result, "a result of " + step.tool);
    }
}

Result<Suite> suite_from(const Json& json) {
    if (json.object() == nullptr) return refused("the file", "an object");
    Suite suite;
    suite.name = TRY(text_of(json, "suite", "the file"));
    suite.version = TRY(wire::text_at_or(json, "benchmark_version", ""));
    const wire::JsonArray* users = TRY(list_of(json, "user_tasks", "the file"));
    for (std::size_t i = 0; i < users->size(); ++i) {
        suite.users.push_back(TRY(user_task_from((*users)[i], fmt::format("user_tasks[{}]", i))));
    }
    const wire::JsonArray* injections = TRY(list_of(json, "injection_tasks", "the file"));
    for (std::size_t i = 0; i < injections->size(); ++i) {
        suite.injections.push_back(
            TRY(injection_from((*injections)[i], fmt::format("injection_tasks[{}]", i))));
    }
    return suite;
}

}  // namespace

flow::ToolManifest Suite::manifest(const std::string& tool) const {
    const flow::ToolManifest* found = connector->find(tool);
    return found != nullptr ? *found : flow::ToolManifest::unknown(tool);
}

Result<Json> read_json(const std::string& path) {
    std::ifstream stream(path, std::ios::binary);
    if (!stream) return fail(Code::not_found, path + ": cannot be read");
    std::ostringstream text;
    text << stream.rdbuf();
    wire::JsonLimits limits;
    limits.bytes_max = file_bytes_max;
    limits.values_max = 40'000'000;
    return in_file(path, wire::parse_json(text.str(), limits));
}

Result<Suite> load_suite(const std::string& traces_path, const std::string& labels_path) {
    const Json traces = TRY(read_json(traces_path));
    Suite suite = TRY(in_file(traces_path, suite_from(traces)));
    const Json labels = TRY(read_json(labels_path));
    const Result<> labelled = add_labels(labels, traces, suite);
    if (!labelled) {
        return fail(labelled.error().code,
                    fmt::format("{}: {}", labels_path, labelled.error().what));
    }
    for (UserTask& task : suite.users) label_steps(suite, task.steps);
    for (InjectionTask& task : suite.injections) label_steps(suite, task.steps);
    return suite;
}

}  // namespace hs::bench_injection
