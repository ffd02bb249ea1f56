#include "insight/rule_use.h"

#include <fmt/format.h>

namespace hs::insight {

using base::Result;
using wire::Json;

namespace {

const Json* member(const Json* object, std::string_view key) {
    return object != nullptr ? object->find(key) : nullptr;
}

std::string name_of(const Json& question) {
    const Json* effect = question.find("effect");
    const Json* target = question.find("target");
    const std::string kind = effect != nullptr && effect->text() ? *effect->text() : "act";
    return kind + " " + (target != nullptr ? wire::canonical_json(*target) : "");
}

void note(RuleUse& use, const audit::RecordedEvent& event, const Json* question) {
    ++use.uses;
    use.last_ms = std::max(use.last_ms, event.time_ms);
    if (question == nullptr) return;
    const std::string name = name_of(*question);
    if (use.samples.size() >= RuleUse::samples_max && !use.samples.contains(name)) return;
    RuleUse::Sample& sample = use.samples[name];
    if (sample.uses++ == 0) sample.question = *question;
}

}  // namespace

Result<std::map<std::string, RuleUse>> count_rule_use(audit::Reader& reader,
                                                      base::WallTime_ms from_ms) {
    std::map<std::string, RuleUse> found;
    TRY(reader.for_each(0, reader.size(), [&](const audit::Record& record) {
        const auto event = audit::parse_event(record.leaf);
        if (!event || event->kind != audit::EventKind::decision || event->time_ms < from_ms ||
            event->text(audit::Field::outcome) != "allow") {
            return true;
        }
        const Json* detail = event->json.find("detail");
        const Json* granted = member(member(detail, "explanation"), "granted_by");
        if (granted == nullptr || granted->array() == nullptr) return true;
        for (const Json& rule : *granted->array()) {
            const Json* id = rule.find("id");
            if (id == nullptr || id->text() == nullptr) continue;
            note(found[*id->text()], *event, member(member(detail, "request"), "question"));
        }
        return true;
    }));
    return found;
}

}  // namespace hs::insight
