#include "cedar/authorizer.h"

#include <fmt/format.h>

#include "cedar/internal/scope_index.h"

namespace hs::cedar {

using internal::ConditionRange;
using internal::Evaluator;
using internal::FilledScope;
using internal::Outcome;
using internal::World;

struct Scratch::State {
    Arena arena;
    internal::IndexScratch index;
    std::vector<PolicyIndex> candidates;
    std::vector<PolicyIndex> permits;
    Answer answer;
};

Scratch::Scratch() : state_(std::make_unique<State>()) {}
Scratch::Scratch(Scratch&&) noexcept = default;
Scratch& Scratch::operator=(Scratch&&) noexcept = default;
Scratch::~Scratch() = default;

namespace {

struct CompiledPolicy {
    Effect effect = Effect::permit;
    ConditionRange conditions;
};

FilledScope fill(const Policy& policy, const SlotValues& values) {
    FilledScope scope{policy.principal, policy.action, policy.resource};
    if (policy.principal.is_slot) scope.principal.entity = *values.principal;
    if (policy.resource.is_slot) scope.resource.entity = *values.resource;
    return scope;
}

}  // namespace

struct Authorizer::State {
    PolicySet set;
    internal::Program program;
    internal::ScopeIndex index;
    std::vector<CompiledPolicy> compiled;
    std::vector<FilledScope> scopes;

    void add(const Policy& policy, ConditionRange conditions, const SlotValues& values) {
        const auto number = static_cast<PolicyIndex>(compiled.size());
        compiled.push_back({policy.effect, conditions});
        scopes.push_back(fill(policy, values));
        index.add(number, scopes.back());
    }
    void scan(const World& world, std::vector<PolicyIndex>& out) const {
        out.clear();
        for (PolicyIndex i = 0; i < scopes.size(); ++i) {
            if (internal::scope_holds(scopes[i], world)) out.push_back(i);
        }
    }
};

Authorizer::Authorizer(PolicySet policies) {
    auto state = std::make_unique<State>();
    state->set = std::move(policies);
    for (const Policy& policy : state->set.policies()) {
        state->add(policy, state->program.compile(policy), {});
    }
    std::vector<ConditionRange> templates;
    for (const Policy& policy : state->set.templates()) {
        templates.push_back(state->program.compile(policy));
    }
    for (const PolicyLink& link : state->set.links()) {
        state->add(state->set.templates()[link.template_index], templates[link.template_index],
                   link.values);
    }
    state->index.build();
    state_ = std::move(state);
}

Authorizer::Authorizer(Authorizer&&) noexcept = default;
Authorizer& Authorizer::operator=(Authorizer&&) noexcept = default;
Authorizer::~Authorizer() = default;

const Answer& Authorizer::authorize(const Request& request, const EntityStore& resident,
                                    const EntityStore* brought, Scratch& scratch,
                                    Selection selection) const {
    CHECK(resident.is_closed() && (brought == nullptr || brought->is_closed()));
    CHECK(request.context.is(ValueKind::record));
    Scratch::State& work = *scratch.state_;
    work.arena.reset();
    const World world{&request, &resident, brought};
    if (selection == Selection::by_index) {
        state_->index.candidates(world, work.index, work.candidates);
    } else {
        state_->scan(world, work.candidates);
    }
    Answer& answer = work.answer;
    answer.reasons.clear();
    answer.faults.clear();
    work.permits.clear();
    Evaluator evaluator(state_->program, world, work.arena);
    for (const PolicyIndex index : work.candidates) {
        const CompiledPolicy& policy = state_->compiled[index];
        const Outcome outcome = evaluator.run(state_->program.conditions(policy.conditions));
        if (outcome == Outcome::faulty) answer.faults.push_back({index, evaluator.fault()});
        if (outcome != Outcome::satisfied) continue;
        (policy.effect == Effect::permit ? work.permits : answer.reasons).push_back(index);
    }
    const bool forbidden = !answer.reasons.empty();
    answer.decision = !forbidden && !work.permits.empty() ? Decision::allow : Decision::deny;
    if (!forbidden) answer.reasons.assign(work.permits.begin(), work.permits.end());
    return answer;
}

std::size_t Authorizer::size() const {
    return state_->compiled.size();
}

const std::string& Authorizer::id(PolicyIndex index) const {
    const auto statics = state_->set.policies();
    if (index < statics.size()) return statics[index].id;
    return state_->set.links()[index - statics.size()].id;
}

const Policy& Authorizer::policy(PolicyIndex index) const {
    const auto statics = state_->set.policies();
    if (index < statics.size()) return statics[index];
    return state_->set.templates()[state_->set.links()[index - statics.size()].template_index];
}

const PolicySet& Authorizer::policies() const {
    return state_->set;
}

std::string Authorizer::describe(const PolicyFault& fault) const {
    const Policy& faulty = policy(fault.policy);
    const std::string message = fmt::format("while evaluating policy {}: {}",
                                            quoted(id(fault.policy)), cedar::describe(fault.fault));
    return faulty.source == nullptr ? message : faulty.source->describe(fault.fault.span, message);
}

}  // namespace hs::cedar
