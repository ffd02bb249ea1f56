#include "cedar/typecheck.h"

#include <algorithm>

#include "wire/utf8.h"

namespace hs::cedar {

KnownEntity look_up(std::string_view type, std::string_view id, const Schema& schema) {
    KnownEntity known;
    known.is_action = is_action_type(type);
    if (const EntityTypeRule* rule = schema.find_entity_type(type))
        known.type = schema.id_of(*rule);
    if (const ActionRule* rule = known.is_action ? schema.find_action(type, id) : nullptr) {
        known.action = schema.id_of(*rule);
    }
    return known;
}

KnownEntity look_up(const EntityUid& uid, const Schema& schema) {
    return look_up(uid.type, uid.id, schema);
}

namespace {

KnownScope look_up_scope(const ScopeConstraint& scope, const Schema& schema) {
    KnownScope known;
    known.written = &scope;
    const bool names_entity = scope.kind == ScopeKind::equal || scope.kind == ScopeKind::in ||
                              scope.kind == ScopeKind::is_in;
    if (names_entity && !scope.is_slot) known.entity = look_up(scope.entity, schema);
    for (const EntityUid& uid : scope.list) known.list.push_back(look_up(uid, schema));
    if (scope.kind == ScopeKind::is_type || scope.kind == ScopeKind::is_in) {
        known.type = look_up(scope.type, "", schema).type;
    }
    return known;
}

}  // namespace

PolicyNames::PolicyNames(const Policy& named, const Schema& schema)
    : policy(&named),
      principal(look_up_scope(named.principal, schema)),
      action(look_up_scope(named.action, schema)),
      resource(look_up_scope(named.resource, schema)),
      nodes(named.nodes.size()),
      hashes(hash_nodes(named.nodes)) {
    for (std::size_t i = 0; i < named.nodes.size(); ++i) {
        const Expr& node = named.nodes[i];
        const bool has_type = node.kind == ExprKind::entity || node.kind == ExprKind::is_type ||
                              node.kind == ExprKind::is_type_in;
        if (has_type) nodes[i] = look_up(node.text, node.id, schema);
    }
}

void FindingList::start(const Policy& policy, std::string_view id) {
    policy_ = &policy;
    id_ = id;
    seen_.clear();
}

void FindingList::add(FindingKind kind, Span span, std::string message) {
    if (is_full()) return;
    constexpr std::size_t message_bytes_max = 2000;
    message.resize(wire::cut_utf8(message, message_bytes_max).size());
    if (!seen_.insert(std::to_string(span.begin) + ":" + message).second) return;
    Finding finding;
    finding.policy_id = id_;
    finding.kind = kind;
    finding.span = span;
    if (policy_->source != nullptr) {
        finding.place = policy_->source->locate(span.begin);
        finding.shown = policy_->source->describe(span, "for policy `" + id_ + "`, " + message);
    } else {
        finding.shown = "for policy `" + id_ + "`, " + message;
    }
    finding.message = std::move(message);
    findings_.push_back(std::move(finding));
}

Typechecker::Typechecker(const Schema& schema, ValidationMode mode, std::uint64_t steps_max,
                         FindingList& findings)
    : schema_(&schema),
      mode_(mode),
      steps_max_(steps_max),
      findings_(&findings),
      set_of_entities_(store_.set(simple_type(TypeKind::any_entity))) {}

void Typechecker::start(const PolicyNames& names) {
    names_ = &names;
    policy_ = names.policy;
}

const Type* Typechecker::bool_or(bool decided, bool value) const {
    return decided ? &bool_type(value) : &simple_type(TypeKind::boolean);
}

void Typechecker::refuse(FindingKind kind, ExprId id, std::string message) {
    findings_->add(kind, node(id).span, std::move(message));
}

Typechecker::Answer Typechecker::expect(ExprId id, Expected expected) {
    Answer answer = check_node(id);
    if (answer.type == nullptr) return failed();
    // Permissive even in strict mode: an operand must be some record or entity, not a certain one.
    for (const Type* type : expected) {
        if (is_subtype(*answer.type, *type, ValidationMode::permissive, store_.steps)) {
            return answer;
        }
    }
    std::string wanted;
    for (const Type* type : expected) {
        const bool is_record = type == &any_record();
        wanted += (wanted.empty() ? "" : " or ") + (is_record ? "a record" : text(*type));
    }
    refuse(FindingKind::unexpected_type, id,
           "expected " + wanted + ", but this is of type " + text(*answer.type));
    return failed();
}

// The scope comes first and in this order; what is false ends it (the whole policy is a chain of
// &&).
Typechecker::Verdict Typechecker::check(const RequestType& request) {
    request_ = request;
    held_.clear();
    Answer answer = check_scope(names_->principal, request.principal);
    answer = join_and(std::move(answer), [&] { return check_action_scope(names_->action); });
    answer = join_and(std::move(answer),
                      [&] { return check_scope(names_->resource, request.resource); });
    for (const Condition& condition : policy_->conditions) {
        answer = join_and(std::move(answer), [&] { return check_condition(condition); });
    }
    if (answer.is_false()) return Verdict::never;
    return answer.is_ok && answer.type != nullptr ? Verdict::boolean : Verdict::ill_typed;
}

Typechecker::Answer Typechecker::check_condition(const Condition& condition) {
    Answer answer = expect(condition.body, {&simple_type(TypeKind::boolean)});
    if (condition.kind == ConditionKind::when) return answer;
    return negate(std::move(answer));
}

Typechecker::Answer Typechecker::check_scope(const KnownScope& scope, EntityTypeId variable) {
    const ScopeKind kind = scope.written->kind;
    if (kind == ScopeKind::any) return {&bool_type(true), true, {}};
    const bool tests_type = kind == ScopeKind::is_type || kind == ScopeKind::is_in;
    if (tests_type && scope.type != variable) return {&bool_type(false), true, {}};
    if (kind == ScopeKind::is_type) return {&bool_type(true), true, {}};
    if (scope.written->is_slot) return {&simple_type(TypeKind::boolean), true, {}};
    if (!scope.entity.is_known()) return failed(&simple_type(TypeKind::boolean));
    const bool may_hold = scope.entity.type == variable ||
                          (kind != ScopeKind::equal &&
                           schema_->entity_type(variable).may_have_ancestor(scope.entity.type));
    return {bool_or(!may_hold, false), true, {}};
}

Typechecker::Answer Typechecker::check_action_scope(const KnownScope& scope) {
    switch (scope.written->kind) {
        case ScopeKind::any:
            return {&bool_type(true), true, {}};
        case ScopeKind::equal:
            return {
                &bool_type(scope.entity.action == request_.action), scope.entity.is_known(), {}};
        case ScopeKind::in: {
            if (!scope.entity.is_known()) return failed(&simple_type(TypeKind::boolean));
            const KnownEntity self{schema_->action(request_.action).type, request_.action, true};
            return decide_action_in(self, {&scope.entity, 1});
        }
        case ScopeKind::in_list:
            return check_action_list(scope);
        case ScopeKind::is_type:
        case ScopeKind::is_in:
            return check_scope(scope, schema_->action(request_.action).type);
    }
    return failed();
}

Typechecker::Answer Typechecker::check_action_list(const KnownScope& scope) {
    const Answer unknown = failed(&simple_type(TypeKind::boolean));
    if (scope.list.empty() && mode_ == ValidationMode::strict) {
        findings_->add(FindingKind::empty_set, scope.written->span,
                       "the list of actions is empty; name an action or leave the policy out");
        return unknown;
    }
    for (const KnownEntity& entity : scope.list) {
        if (!entity.is_known()) return unknown;
    }
    for (const KnownEntity& entity : scope.list) {
        if (mode_ == ValidationMode::permissive || entity.type == scope.list.front().type) continue;
        findings_->add(FindingKind::incompatible_types, scope.written->span,
                       "the entities in the list must be of one type");
        return unknown;
    }
    const KnownEntity self{schema_->action(request_.action).type, request_.action, true};
    return decide_action_in(self, scope.list);
}

Typechecker::Answer Typechecker::check_node(ExprId id) {
    if (++store_.steps > steps_max_) return failed();
    return check_kind(id);
}

Typechecker::Answer Typechecker::check_kind(ExprId id) {
    switch (node(id).kind) {
        case ExprKind::boolean:
            return {&bool_type(node(id).number != 0), true, {}};
        case ExprKind::integer:
            return {&simple_type(TypeKind::integer), true, {}};
        case ExprKind::string:
            return {&simple_type(TypeKind::string), true, {}};
        case ExprKind::entity:
            return check_literal_entity(id);
        case ExprKind::variable:
            return check_variable(id);
        case ExprKind::slot:
            return {&simple_type(TypeKind::any_entity), true, {}};
        case ExprKind::conditional:
            return check_conditional(id);
        case ExprKind::logical_and:
            return check_and(id);
        case ExprKind::logical_or:
            return check_or(id);
        case ExprKind::logical_not:
            return negate(expect(operand(id, 0), {&simple_type(TypeKind::boolean)}));
        case ExprKind::equal:
            return check_equal(id);
        case ExprKind::not_equal:
            return negate(check_equal(id));
        case ExprKind::less:
        case ExprKind::less_equal:
        case ExprKind::greater:
        case ExprKind::greater_equal:
            return check_order(id);
        case ExprKind::negate:
        case ExprKind::add:
        case ExprKind::subtract:
        case ExprKind::multiply:
            return check_arithmetic(id);
        case ExprKind::in:
            return check_in(operand(id, 0), operand(id, 1));
        case ExprKind::contains:
            return check_contains(id);
        case ExprKind::contains_all:
        case ExprKind::contains_any:
            return check_contains_all(id);
        case ExprKind::get_tag:
            return check_get_tag(id);
        case ExprKind::has_tag:
            return check_has_tag(id);
        case ExprKind::is_empty:
            return check_test(operand(id, 0), set_of_anything());
        case ExprKind::get_attribute:
            return check_get_attribute(id);
        case ExprKind::has_attribute:
            return check_has(id);
        case ExprKind::like:
            return check_test(operand(id, 0), simple_type(TypeKind::string));
        case ExprKind::is_type:
            return check_is(id);
        case ExprKind::is_type_in:
            return join_and(check_is(id), [&] { return check_in(operand(id, 0), operand(id, 1)); });
        case ExprKind::set:
            return check_set(id);
        case ExprKind::record:
            return check_record(id);
        case ExprKind::call:
            return check_call(id);
    }
    return failed();
}

// A Bool about a value of the type.
Typechecker::Answer Typechecker::check_test(ExprId subject, const Type& type) {
    const Answer answer = expect(subject, {&type});
    return {&simple_type(TypeKind::boolean), answer.is_ok, {}};
}

Typechecker::Answer Typechecker::check_variable(ExprId id) {
    switch (static_cast<Variable>(node(id).number)) {
        case Variable::principal:
            return {schema_->entity_type(request_.principal).reference, true, {}};
        case Variable::action:
            return {
                schema_->entity_type(schema_->action(request_.action).type).reference, true, {}};
        case Variable::resource:
            return {schema_->entity_type(request_.resource).reference, true, {}};
        case Variable::context:
            return {schema_->action(request_.action).context, true, {}};
    }
    return failed();
}

Typechecker::Answer Typechecker::check_literal_entity(ExprId id) {
    const KnownEntity& known = names_->nodes[id];
    if (!known.is_known()) return failed();
    return {schema_->entity_type(known.type).reference, true, {}};
}

Typechecker::Answer Typechecker::negate(Answer answer) const {
    if (answer.is_true() || answer.is_false()) {
        return {&bool_type(answer.is_false()), answer.is_ok, {}};
    }
    return {&simple_type(TypeKind::boolean), answer.is_ok, {}};
}

// The right side runs only after a left side that held, so it may use what the left side earned.
template <class CheckRight>
Typechecker::Answer Typechecker::join_and(Answer left, const CheckRight& check_right) {
    if (left.is_false()) return {left.type, left.is_ok, {}};
    if (!left.is_ok) left.earned.clear();
    const std::size_t mark = held_.mark();
    held_.push(left.earned);
    Answer right = check_right();
    held_.release(mark);
    const bool is_ok = left.is_ok && right.is_ok;
    if (left.type == nullptr || right.type == nullptr) {
        return failed(&simple_type(TypeKind::boolean));
    }
    if (right.is_false()) return {right.type, is_ok, {}};
    if (!is_ok) left.earned.clear();
    if (is_ok) left.earned.insert(left.earned.end(), right.earned.begin(), right.earned.end());
    if (right.is_true()) return {left.type, is_ok, std::move(left.earned)};
    if (left.is_true()) return {right.type, is_ok, std::move(left.earned)};
    return {&simple_type(TypeKind::boolean), is_ok, std::move(left.earned)};
}

Typechecker::Answer Typechecker::check_and(ExprId id) {
    const Type* boolean = &simple_type(TypeKind::boolean);
    return join_and(expect(operand(id, 0), {boolean}),
                    [&] { return expect(operand(id, 1), {boolean}); });
}

Typechecker::Answer Typechecker::check_or(ExprId id) {
    const Type* boolean = &simple_type(TypeKind::boolean);
    Answer left = expect(operand(id, 0), {boolean});
    if (left.is_true()) return left;
    Answer right = expect(operand(id, 1), {boolean});
    const bool is_ok = left.is_ok && right.is_ok;
    if (left.type == nullptr || right.type == nullptr) return failed(boolean);
    if (!is_ok) {
        left.earned.clear();
        right.earned.clear();
    }
    if (right.is_true()) return {right.type, is_ok, std::move(right.earned)};
    if (right.is_false()) return {left.type, is_ok, std::move(left.earned)};
    if (left.is_false()) return {right.type, is_ok, std::move(right.earned)};
    return {boolean, is_ok, intersect(policy_->nodes, right.earned, left.earned, store_.steps)};
}

Typechecker::Answer Typechecker::check_branch(ExprId branch, const Answer& test, Assume assume) {
    const std::size_t mark = held_.mark();
    if (assume == Assume::test) held_.push(test.earned);
    Answer answer = check_node(branch);
    held_.release(mark);
    if (assume == Assume::test) {
        answer.earned.insert(answer.earned.end(), test.earned.begin(), test.earned.end());
    }
    answer.is_ok = answer.is_ok && test.is_ok;
    if (!answer.is_ok) answer.earned.clear();
    return answer;
}

Typechecker::Answer Typechecker::check_conditional(ExprId id) {
    Answer test = expect(operand(id, 0), {&simple_type(TypeKind::boolean)});
    if (!test.is_ok) test.earned.clear();
    if (test.is_true()) return check_branch(operand(id, 1), test, Assume::test);
    if (test.is_false()) return check_branch(operand(id, 2), test, Assume::nothing);
    Answer then = check_branch(operand(id, 1), test, Assume::test);
    Answer otherwise = check_branch(operand(id, 2), test, Assume::nothing);
    const bool is_ok = then.is_ok && otherwise.is_ok;
    if (then.type == nullptr || otherwise.type == nullptr) return failed();
    const Type* bound = least_upper_bound(*then.type, *otherwise.type, mode_, store_);
    if (bound == nullptr) {
        refuse(FindingKind::incompatible_types, id,
               "both branches of `if` must have one type, but they are of types " +
                   text(*then.type) + " and " + text(*otherwise.type));
        return failed();
    }
    return {bound, is_ok, intersect(policy_->nodes, otherwise.earned, then.earned, store_.steps)};
}

}  // namespace hs::cedar
