#include "labels_check.h"

#include <fmt/format.h>

#include "base/bytes.h"
#include "crypto/hash.h"
#include "flow/text.h"
#include "wire/utf8.h"

namespace hs::bench_injection {
namespace {

using wire::Json;

std::int64_t code_points(std::string_view text) {
    std::int64_t count = 0;
    for (; !text.empty(); ++count) wire::take_code_point(text);
    return count;
}

std::string_view confidentiality(const flow::LabelledResult& result) {
    constexpr std::array<std::string_view, 4> names = {"public", "internal", "private", "secret"};
    return names[static_cast<std::size_t>(result.classes.level())];
}

Json list_of(const std::vector<std::string>& names) {
    wire::JsonArray array;
    for (const std::string& name : names) array.emplace_back(name);
    return Json(std::move(array));
}

// In the form of labels-expected.json.
Json form_of(const Step& step) {
    const flow::LabelledResult& result = step.labelled;
    Json form;
    form["tool"] = step.tool;
    form["confidentiality"] = confidentiality(result);
    form["readers"] = result.readers ? list_of(*result.readers) : Json();
    wire::JsonArray spans;
    for (const flow::Span& span : result.spans) {
        const auto digest = crypto::sha256(base::bytes_of(span.text));
        spans.push_back(Json(wire::JsonArray{Json(flow::integrity_name(span.label.integrity)),
                                             Json(code_points(span.text)),
                                             Json(base::to_hex(digest).substr(0, 16))}));
    }
    form["spans"] = std::move(spans);
    wire::JsonArray objects;
    for (const flow::Object& object : result.objects) {
        wire::JsonArray one{Json(object.kind), Json(object.id), Json(object.name),
                            Json(flow::integrity_name(object.integrity))};
        if (object.participants) one.push_back(list_of(*object.participants));
        objects.push_back(Json(std::move(one)));
    }
    form["objects"] = std::move(objects);
    return form;
}

void compare(const std::string& where, const std::vector<Step>& steps, const Json* expected,
             LabelsCheck& check) {
    if (expected == nullptr || expected->array() == nullptr ||
        expected->array()->size() != steps.size()) {
        check.differences.push_back(where + ": another number of steps");
        return;
    }
    for (std::size_t i = 0; i < steps.size(); ++i) {
        ++check.steps;
        const Json ours = form_of(steps[i]);
        const Json& theirs = (*expected->array())[i];
        if (ours == theirs) continue;
        check.differences.push_back(fmt::format("{}[{}]: {} instead of {}", where, i,
                                                wire::canonical_json(ours),
                                                wire::canonical_json(theirs)));
    }
}

}  // namespace

base::Result<LabelsCheck> check_labels(const std::vector<Suite>& suites, const Json& expected) {
    LabelsCheck check;
    const Json* all = expected.find("suites");
    if (all == nullptr) {
        return base::fail(base::Code::invalid_input, "suites: expected the labels of each suite");
    }
    for (const Suite& suite : suites) {
        const Json* own = all->find(suite.name);
        const auto steps_of = [&](const std::string& id) {
            return own != nullptr ? own->find(id) : nullptr;
        };
        for (const UserTask& task : suite.users) {
            compare(suite.name + "/" + task.id, task.steps, steps_of(task.id), check);
        }
        for (const InjectionTask& task : suite.injections) {
            if (task.steps.empty()) continue;
            compare(suite.name + "/" + task.id, task.steps, steps_of(task.id), check);
        }
    }
    return check;
}

}  // namespace hs::bench_injection
