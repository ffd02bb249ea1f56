#include "gate/skill_verbs.h"

#include <fmt/format.h>

#include <algorithm>

namespace hs::gate {

using base::Code;
using base::fail;
using base::Result;
using wire::Json;
using wire::JsonObject;

namespace {

constexpr std::string_view operations[] = {"install", "enable", "disable", "remove",
                                           "accept",  "review", "publish"};
constexpr std::size_t text_bytes_max = 1'000;

Result<Json> change(const Sender& sender, const Json& arguments, Judge& judge, Questions& questions,
                    audit::Log& log) {
    const std::string operation = TRY(wire::text_at(arguments, "operation"));
    if (std::find(std::begin(operations), std::end(operations), operation) ==
        std::end(operations)) {
        return fail(Code::invalid_input, "unknown operation on skills: " + operation);
    }
    const std::string name = TRY(wire::text_at(arguments, "name"));
    const std::string digest = TRY(wire::text_at(arguments, "digest"));
    // Taking away is never weaker than what is there.
    const bool weakens = operation != "disable" && operation != "remove";
    policy::Question question =
        questions.ask_change(sender.name, sender.name, "skill." + operation, weakens);
    question.effect = policy::Effect::configure;
    if (judge.decide_now(question).outcome != policy::Outcome::allow) {
        return fail(Code::denied, fmt::format("policy does not let you {} skills by yourself; ask "
                                              "your organisation",
                                              operation));
    }
    audit::Event event(audit::EventKind::skill_change);
    event.set(audit::Field::person, sender.name)
        .set(audit::Field::outcome, operation)
        .set(audit::Field::reason, fmt::format("{} {}", operation, name).substr(0, text_bytes_max))
        .detail("skill", name)
        .detail("digest", digest);
    for (const char* key : {"source", "scan", "note"}) {
        const std::string text = TRY(wire::text_at_or(arguments, key, ""));
        if (!text.empty()) event.detail(key, text.substr(0, text_bytes_max));
    }
    TRY(log.append_and_wait(event));
    return Json(JsonObject{{"recorded", true}});
}

}  // namespace

void add_skill_verbs(Keeper& keeper, Judge& judge, Questions& questions, audit::Log& log) {
    keeper.add_verb("skill.change", Keeper::Access::person_only,
                    [&](const Sender& sender, const Json& arguments) {
                        return change(sender, arguments, judge, questions, log);
                    });
}

}  // namespace hs::gate
