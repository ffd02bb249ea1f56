// Typing of operators, sets, records and calls.
#include <algorithm>
#include <array>

#include "cedar/typecheck.h"
#include "cedar/typecheck_extension.h"

namespace hs::cedar {

// Strict: operands that can never be equal because of their types are a mistake.
Typechecker::Answer Typechecker::require_common_type(ExprId id, Answer answer, const Type* left,
                                                     const Type* right) {
    if (mode_ == ValidationMode::permissive || left == nullptr || right == nullptr) return answer;
    if (least_upper_bound(*left, *right, mode_, store_) != nullptr) return answer;
    refuse(FindingKind::incompatible_types, id,
           "the types " + text(*left) + " and " + text(*right) + " are not compatible");
    return failed(answer.type);
}

bool Typechecker::entity_of(ExprId id, KnownEntity& out) const {
    const Expr& expr = node(id);
    if (expr.kind == ExprKind::entity) {
        out = names_->nodes[id];
        return true;
    }
    const bool is_action_variable =
        expr.kind == ExprKind::variable && static_cast<Variable>(expr.number) == Variable::action;
    if (!is_action_variable) return false;
    out = {schema_->action(request_.action).type, request_.action, true};
    return true;
}

bool Typechecker::entities_of(ExprId id, std::vector<KnownEntity>& out) const {
    KnownEntity one;
    if (entity_of(id, one)) {
        out.push_back(one);
        return true;
    }
    if (node(id).kind != ExprKind::set) return false;
    for (const ExprId member : node(id).operands) {
        if (!entity_of(member, one)) return false;
        out.push_back(one);
    }
    return true;
}

// Are both sides literals (the variable `action` is one here), and of one value?
bool Typechecker::literal_values(ExprId left, ExprId right, bool& are_equal) const {
    const auto is_literal = [&](ExprId id) {
        const ExprKind kind = node(id).kind;
        KnownEntity unused;
        return kind == ExprKind::boolean || kind == ExprKind::integer || kind == ExprKind::string ||
               entity_of(id, unused);
    };
    if (!is_literal(left) || !is_literal(right)) return false;
    KnownEntity a;
    KnownEntity b;
    if (entity_of(left, a) && entity_of(right, b) && (a.is_action || b.is_action)) {
        are_equal = a.is_action && b.is_action && a.action == b.action && a.action != no_action;
        return true;
    }
    const Expr& x = node(left);
    const Expr& y = node(right);
    are_equal = x.kind == y.kind && x.number == y.number && x.text == y.text && x.id == y.id;
    return true;
}

Typechecker::Answer Typechecker::check_equal(ExprId id) {
    const ExprId left = operand(id, 0);
    const ExprId right = operand(id, 1);
    Answer a = check_node(left);
    Answer b = check_node(right);
    const bool is_ok = a.is_ok && b.is_ok;
    if (a.type != nullptr && b.type != nullptr && are_disjoint(*a.type, *b.type)) {
        return {&bool_type(false), is_ok, {}};
    }
    bool are_equal = false;
    if (literal_values(left, right, are_equal)) return {&bool_type(are_equal), is_ok, {}};
    Answer answer{&simple_type(TypeKind::boolean), is_ok, {}};
    return require_common_type(id, std::move(answer), a.type, b.type);
}

bool Typechecker::is_ordered(const Type& type) const {
    if (type.kind == TypeKind::integer) return true;
    return type.kind == TypeKind::extension &&
           (type.extension == ExtensionType::datetime || type.extension == ExtensionType::duration);
}

Typechecker::Answer Typechecker::check_order(ExprId id) {
    Answer a = check_node(operand(id, 0));
    Answer b = check_node(operand(id, 1));
    Answer answer{&simple_type(TypeKind::boolean), a.is_ok && b.is_ok, {}};
    if (a.type == nullptr || b.type == nullptr) return failed(answer.type);
    const bool is_same = a.type->kind == b.type->kind && a.type->extension == b.type->extension;
    if (is_same && is_ordered(*a.type)) return answer;
    refuse_order(operand(id, 0), *a.type, operand(id, 1), *b.type);
    return failed(answer.type);
}

void Typechecker::refuse_order(ExprId left, const Type& left_type, ExprId right,
                               const Type& right_type) {
    const auto complain = [&](ExprId at, const Type& type, const std::string& wanted) {
        refuse(FindingKind::unexpected_type, at,
               "expected " + wanted + ", but this is of type " + text(type));
    };
    if (is_ordered(left_type)) return complain(right, right_type, text(left_type));
    if (is_ordered(right_type)) return complain(left, left_type, text(right_type));
    complain(left, left_type, "Long, datetime or duration");
    complain(right, right_type, "Long, datetime or duration");
}

Typechecker::Answer Typechecker::check_arithmetic(ExprId id) {
    const Type* integer = &simple_type(TypeKind::integer);
    bool is_ok = true;
    for (const ExprId side : node(id).operands) is_ok = expect(side, {integer}).is_ok && is_ok;
    return {integer, is_ok, {}};
}

Typechecker::Answer Typechecker::check_in(ExprId subject, ExprId ancestor) {
    const Type* boolean = &simple_type(TypeKind::boolean);
    const Type* any = &simple_type(TypeKind::any_entity);
    const Answer left = expect(subject, {any});
    const Answer right = expect(ancestor, {any, set_of_entities_});
    if (!left.is_ok || !right.is_ok) return failed(boolean);
    KnownEntity entity;
    std::vector<KnownEntity> groups;
    if (entity_of(subject, entity) && entity.is_action && entities_of(ancestor, groups)) {
        return decide_action_in(entity, groups);
    }
    return {bool_or(!may_be_in(*left.type, *right.type), false), true, {}};
}

// The schema holds the whole hierarchy of actions, so this is known. An action is in no other
// entity.
Typechecker::Answer Typechecker::decide_action_in(const KnownEntity& action,
                                                  std::span<const KnownEntity> groups) const {
    const ActionRule& rule = schema_->action(action.action);
    const bool holds = std::any_of(groups.begin(), groups.end(), [&](const KnownEntity& group) {
        return group.is_action &&
               (group.action == action.action || rule.has_ancestor(group.action));
    });
    return {&bool_type(holds), true, {}};
}

bool Typechecker::may_be_in(const Type& subject, const Type& ancestor) const {
    const Type* groups = ancestor.kind == TypeKind::set ? ancestor.element : &ancestor;
    if (subject.kind != TypeKind::entity || groups == nullptr) return true;
    if (groups->kind != TypeKind::entity) return true;
    for (const EntityTypeId from : subject.entities) {
        const EntityTypeRule& rule = schema_->entity_type(from);
        for (const EntityTypeId to : groups->entities) {
            if (from == to || rule.may_have_ancestor(to)) return true;
        }
    }
    return false;
}

Typechecker::Answer Typechecker::check_is(ExprId id) {
    const Answer subject = expect(operand(id, 0), {&simple_type(TypeKind::any_entity)});
    const Type* boolean = &simple_type(TypeKind::boolean);
    if (subject.type == nullptr) return failed(boolean);
    if (subject.type->kind != TypeKind::entity) return {boolean, subject.is_ok, {}};
    const EntityTypeId wanted = names_->nodes[id].type;
    const auto& types = subject.type->entities;
    if (!std::binary_search(types.begin(), types.end(), wanted)) {
        return {&bool_type(false), subject.is_ok, {}};
    }
    return {bool_or(types.size() == 1, true), subject.is_ok, {}};
}

Typechecker::Answer Typechecker::check_contains(ExprId id) {
    const Answer set = expect(operand(id, 0), {&set_of_anything()});
    const Answer item = check_node(operand(id, 1));
    Answer answer{&simple_type(TypeKind::boolean), set.is_ok && item.is_ok, {}};
    const Type* element = set.type == nullptr ? nullptr : set.type->element;
    return require_common_type(id, std::move(answer), element, item.type);
}

Typechecker::Answer Typechecker::check_contains_all(ExprId id) {
    const Answer a = expect(operand(id, 0), {&set_of_anything()});
    const Answer b = expect(operand(id, 1), {&set_of_anything()});
    Answer answer{&simple_type(TypeKind::boolean), a.is_ok && b.is_ok, {}};
    return require_common_type(id, std::move(answer), a.type, b.type);
}

Typechecker::Answer Typechecker::check_set(ExprId id) {
    const std::vector<ExprId>& members = node(id).operands;
    if (members.empty() && mode_ == ValidationMode::strict) {
        refuse(FindingKind::empty_set, id,
               "empty set literals are forbidden in policies, because the type of their members "
               "cannot be known");
        return failed();
    }
    bool is_ok = true;
    std::vector<const Type*> types;
    for (const ExprId member : members) {
        const Answer answer = check_node(member);
        is_ok = is_ok && answer.is_ok;
        if (answer.type != nullptr) types.push_back(answer.type);
    }
    if (types.size() != members.size()) return failed();
    const Type* bound = &simple_type(TypeKind::never);
    for (const Type* type : types) {
        const Type* wider = least_upper_bound(*bound, *type, mode_, store_);
        if (wider == nullptr) {
            refuse(FindingKind::incompatible_types, id,
                   "the members of a set must have one type; the types " + text(*bound) + " and " +
                       text(*type) + " are not compatible");
            return failed();
        }
        bound = wider;
    }
    return {store_.set(*bound), is_ok, {}};
}

Typechecker::Answer Typechecker::check_record(ExprId id) {
    const Expr& expr = node(id);
    std::vector<AttributeType> attributes;
    bool is_ok = true;
    for (std::size_t i = 0; i < expr.operands.size(); ++i) {
        const Answer value = check_node(expr.operands[i]);
        is_ok = is_ok && value.is_ok;
        if (value.type != nullptr) attributes.push_back({expr.names[i], value.type, true});
    }
    if (attributes.size() != expr.operands.size()) return failed();
    return {store_.record(std::move(attributes)), is_ok, {}};
}

// The number of arguments, and the text that a constructor is given.
bool Typechecker::check_call_shape(ExprId id) {
    const Expr& expr = node(id);
    const CallType& call = call_type(static_cast<ExtensionFunction>(expr.number));
    bool is_ok = true;
    if (expr.operands.size() != call.arguments.size()) {
        refuse(FindingKind::wrong_argument_count, id,
               "wrong number of arguments: expected " + std::to_string(call.arguments.size()) +
                   ", got " + std::to_string(expr.operands.size()));
        is_ok = false;
    }
    if (!call.is_constructor) return is_ok;
    if (!expr.operands.empty() && node(expr.operands.front()).kind == ExprKind::string) {
        const std::string& given = node(expr.operands.front()).text;
        const std::string problem =
            constructor_problem(static_cast<ExtensionFunction>(expr.number), given);
        if (!problem.empty()) {
            refuse(FindingKind::bad_constructor_argument, id, problem);
            is_ok = false;
        }
    }
    const auto is_literal = [&](ExprId argument) {
        const ExprKind kind = node(argument).kind;
        return kind == ExprKind::boolean || kind == ExprKind::integer || kind == ExprKind::string ||
               kind == ExprKind::entity;
    };
    if (mode_ == ValidationMode::strict &&
        !std::all_of(expr.operands.begin(), expr.operands.end(), is_literal)) {
        refuse(FindingKind::computed_constructor, id,
               "extension constructors may not be called with non-literal expressions");
        is_ok = false;
    }
    return is_ok;
}

Typechecker::Answer Typechecker::check_call(ExprId id) {
    const Expr& expr = node(id);
    const CallType& call = call_type(static_cast<ExtensionFunction>(expr.number));
    if (!check_call_shape(id)) {
        for (const ExprId argument : expr.operands) check_node(argument);
        return failed(call.result);
    }
    bool is_ok = true;
    for (std::size_t i = 0; i < expr.operands.size(); ++i) {
        is_ok = expect(expr.operands[i], {call.arguments[i]}).is_ok && is_ok;
    }
    return {call.result, is_ok, {}};
}

}  // namespace hs::cedar
