#include "gate/plan_verbs.h"

namespace hs::gate {
namespace {

using base::Code;
using base::fail;
using base::Result;
using wire::Json;
using wire::JsonObject;

constexpr std::string_view tool = "plan_declare";

Result<> only_daemon(const Sender& sender) {
    if (sender.kind == Sender::Kind::daemon) return {};
    return fail(Code::denied, "only the daemon tells of plans");
}

Result<> record(const PlanParts& parts, const HeldPlan& held, std::string_view outcome,
                const std::string& reason) {
    audit::Event event(audit::EventKind::tool_call);
    event.set(audit::Field::tool, tool)
        .set(audit::Field::id, held.id)
        .set(audit::Field::session, held.session)
        .set(audit::Field::turn, held.turn)
        .set(audit::Field::person, held.person)
        .set(audit::Field::outcome, outcome)
        .set(audit::Field::reason, reason);
    if (outcome != "ended") event.detail("calls", held.plan.to_json());
    TRY(parts.log.append_and_wait(event));
    return {};
}

Result<flow::Plan> plan_from(const Json& arguments) {
    flow::Plan plan;
    const wire::JsonArray* calls = TRY(wire::array_at(arguments, "calls"));
    if (calls->empty() || calls->size() > PlanBook::calls_max) {
        return fail(Code::invalid_input, "a plan has 1 to 50 calls");
    }
    for (const Json& call : *calls) {
        const Json* given = call.find("arguments");
        plan.add(TRY(flow::Plan::declared(TRY(wire::text_at(call, "tool")),
                                          given != nullptr ? *given : Json())));
    }
    return plan;
}

Result<Json> declare(const PlanParts& parts, const Sender& sender, const Json& arguments) {
    TRY(only_daemon(sender));
    const Json* told = arguments.find("circumstances");
    if (told == nullptr) return fail(Code::invalid_input, "\"circumstances\" are needed");
    const Circumstances who = TRY(circumstances_from_json(*told));
    HeldPlan held{base::make_id(parts.clock, parts.random),
                  who.session,
                  who.turn,
                  who.person,
                  parts.clock.wall_ms(),
                  TRY(plan_from(arguments))};
    const HeldPlan kept = held;
    const auto declared = parts.book.declare(std::move(held), who);
    TRY(record(parts, kept, declared ? "held" : "refused", declared ? "" : declared.error().what));
    TRY(declared);
    return Json(JsonObject{{"id", kept.id}});
}

Result<Json> end(const PlanParts& parts, const Sender& sender, const Json& arguments) {
    TRY(only_daemon(sender));
    const std::string session = TRY(wire::text_at(arguments, "session"));
    const std::string why = TRY(wire::text_at(arguments, "why"));
    if (why != "person_spoke" && why != "session_removed") {
        return fail(Code::invalid_input, "\"why\" is person_spoke or session_removed");
    }
    const HeldPlan* held = parts.book.find(session);
    if (held == nullptr) return Json(JsonObject{{"held", false}});
    TRY(record(parts, *held, "ended",
               why == "person_spoke" ? "the person has said something new"
                                     : "the conversation was removed"));
    return Json(JsonObject{{"held", TRY(parts.book.end(session))}});
}

}  // namespace

void add_plan_verbs(Keeper& keeper, const PlanParts& parts) {
    const auto verb = [&keeper](std::string name, Keeper::Verb run) {
        keeper.add_verb(std::move(name), Keeper::Access::daemon_or_person, std::move(run));
    };
    verb("plan.declare", [parts](const Sender& sender, const Json& arguments) {
        return declare(parts, sender, arguments);
    });
    verb("plan.end", [parts](const Sender& sender, const Json& arguments) {
        return end(parts, sender, arguments);
    });
}

}  // namespace hs::gate
