// The keeper's part in a model call beyond the decision: why a class of data may not go there, and
// the record of what goes.

#include "gate/keeper.h"
#include "gate/provider_choice.h"

namespace hs::gate {

using base::Result;
using wire::Json;
using wire::JsonObject;

namespace {

flow::DataClasses of_project(policy::UseCase use) {
    if (use == policy::UseCase::customer_data) return {flow::DataClass::customer};
    if (use == policy::UseCase::production) return {flow::DataClass::production};
    if (use == policy::UseCase::security_infrastructure) return {flow::DataClass::security};
    return {};
}

}  // namespace

flow::DataClasses Keeper::classes_read(const Asked& asked) {
    const flow::DataClasses project = of_project(asked.question.project.use);
    const auto* path = std::get_if<policy::PathTarget>(&asked.question.target);
    if (std::holds_alternative<ReadFile>(asked.action) && path != nullptr) {
        return path->is_in_project ? path->classes | project : path->classes;
    }
    const auto* command = std::get_if<policy::CommandTarget>(&asked.question.target);
    if (!std::holds_alternative<RunCommand>(asked.action) || command == nullptr) return {};
    // Credentials are out of a sandbox's sight; what it prints all the same is found by content.
    return flow::without(command->touches, {flow::DataClass::credential, flow::DataClass::secret}) |
           project;
}

Result<> Keeper::take_carried(Decision& decision, const Json& payload) {
    const Json* carried = payload.find("carried");
    if (carried == nullptr) return {};
    if (!std::holds_alternative<Infer>(decision.asked.action)) {
        return base::fail(base::Code::invalid_input, "only a model call carries a conversation");
    }
    decision.carried = TRY(carried_from_json(*carried));
    return {};
}

// Which class it is and what a person can do, in place of the rule's own words.
void Keeper::explain_class(Decision& decision) const {
    Judgement& judgement = decision.judgement;
    const auto* call = std::get_if<Infer>(&decision.asked.action);
    if (call == nullptr || judgement.outcome != Judgement::Outcome::deny) return;
    const ProviderSetting* provider = parts_.settings.provider(call->provider);
    if (provider == nullptr) return;
    const flow::DataClasses& held = decision.asked.question.label.classes;
    const flow::DataClasses refused = flow::without(held, accepted_by(*provider));
    if (refused.empty()) return;
    judgement.reason = refusal(*provider, refused) + " (" + judgement.reason + ")";
    judgement.remedy = remedy(parts_.settings, *provider, held, refused);
}

std::vector<audit::Event> Keeper::model_events(const Decision& decision) const {
    const auto* call = std::get_if<Infer>(&decision.asked.action);
    const bool sends = call != nullptr && call->body_bytes > 0;
    if (!sends || decision.judgement.outcome != Judgement::Outcome::allow) return {};
    const Circumstances& who = decision.circumstances;
    audit::Event head(audit::EventKind::model_call);
    head.set(audit::Field::decision, decision.id)
        .set(audit::Field::space, who.space)
        .set(audit::Field::session, who.session)
        .set(audit::Field::turn, who.turn)
        .set(audit::Field::person, who.person)
        .set(audit::Field::agent, who.agent)
        .set(audit::Field::provider, call->provider)
        .set(audit::Field::model, call->model)
        .set(audit::Field::outcome, "allow");
    const ProviderSetting* provider = parts_.settings.provider(call->provider);
    if (provider != nullptr) {
        head.detail("place", provider->place);
        head.detail("local", provider->local);
        head.detail("retention", provider->retention);
    }
    head.detail("project", JsonObject{{"name", who.project}});
    head.detail("bytes", static_cast<std::int64_t>(call->body_bytes));
    head.detail("body", call->body_sha256);
    head.detail("classes", flow::to_json(who.label.classes));
    head.detail("classes_sent", flow::to_json(decision.asked.question.label.classes));
    wire::JsonArray passed;
    for (const PassedOver& one : passed_over(parts_.settings, call->provider, who.label.classes)) {
        passed.emplace_back(
            JsonObject{{"provider", one.provider}, {"classes", flow::to_json(one.refused)}});
    }
    if (!passed.empty()) head.detail("passed_over", std::move(passed));
    if (!decision.carried) return {head};
    return model_call_events(head, *decision.carried, parts_.names);
}

}  // namespace hs::gate
