#include "cedar/internal/evaluator.h"

namespace hs::cedar::internal {

bool Evaluator::fail(NodeId id, FaultKind kind) {
    fault_ = Fault{};
    fault_.kind = kind;
    fault_.span = program_.span(id);
    return false;
}

bool Evaluator::wrong_type(NodeId id, Wanted wanted, ValueKind found) {
    fail(id, FaultKind::wrong_type);
    fault_.wanted = wanted;
    fault_.found = found;
    return false;
}

bool Evaluator::typed(NodeId id, const Value& value, ValueKind kind, Wanted wanted) {
    return value.is(kind) || wrong_type(id, wanted, value.kind());
}

bool Evaluator::missing(NodeId id, FaultKind kind, std::string_view text, const EntityKey* entity) {
    fail(id, kind);
    fault_.text = text;
    fault_.entity = entity;
    return false;
}

Outcome Evaluator::run(std::span<const CompiledCondition> conditions) {
    for (const CompiledCondition& condition : conditions) {
        bool holds = false;
        if (!boolean(condition.body, holds)) return Outcome::faulty;
        if (holds == condition.negated) return Outcome::unsatisfied;
    }
    return Outcome::satisfied;
}

Value Evaluator::variable(Variable variable) const {
    const Request& request = *world_.request;
    switch (variable) {
        case Variable::principal:
            return Value::borrowed_entity(request.principal);
        case Variable::action:
            return Value::borrowed_entity(request.action);
        case Variable::resource:
            return Value::borrowed_entity(request.resource);
        case Variable::context:
            return request.context;
    }
    return {};
}

bool Evaluator::evaluate(NodeId id, Value& out) {
    const Node& node = program_.node(id);
    switch (node.op) {
        case Op::constant:
            out = program_.constant(node.first);
            return true;
        case Op::variable:
            out = variable(static_cast<Variable>(node.detail));
            return true;
        case Op::conditional:
            return conditional(node, out);
        case Op::logical_and:
            return logical(node, out, false);
        case Op::logical_or:
            return logical(node, out, true);
        case Op::logical_not: {
            bool value = false;
            if (!boolean(node.first, value)) return false;
            out = Value::boolean(!value);
            return true;
        }
        case Op::negate:
            return negate(node, id, out);
        case Op::equal:
        case Op::not_equal:
        case Op::less:
        case Op::less_equal:
        case Op::greater:
        case Op::greater_equal:
        case Op::in:
            return binary(node, id, out);
        case Op::add:
        case Op::subtract:
        case Op::multiply:
            return arithmetic(node, id, out);
        case Op::contains:
        case Op::contains_all:
        case Op::contains_any:
        case Op::is_empty:
            return set_operation(node, id, out);
        case Op::get_tag:
        case Op::has_tag:
            return tag(node, id, out);
        case Op::get_attribute:
            return get_attribute(node, id, out);
        case Op::has_attribute:
            return has_attribute(node, id, out);
        case Op::like:
            return like(node, id, out);
        case Op::is_type:
        case Op::is_type_in:
            return is_type(node, id, out);
        case Op::set:
            return set(node, out);
        case Op::record:
            return record(node, out);
        case Op::call:
            return call(node, id, out);
    }
    return false;
}

bool Evaluator::boolean(NodeId id, bool& out) {
    Value value;
    if (!evaluate(id, value) || !typed(id, value, ValueKind::boolean, Wanted::boolean))
        return false;
    out = value.as_bool();
    return true;
}

bool Evaluator::integer(NodeId id, std::int64_t& out) {
    Value value;
    if (!evaluate(id, value) || !typed(id, value, ValueKind::integer, Wanted::integer))
        return false;
    out = value.as_integer();
    return true;
}

bool Evaluator::conditional(const Node& node, Value& out) {
    bool test = false;
    if (!boolean(node.first, test)) return false;
    return evaluate(test ? node.second : node.third, out);
}

bool Evaluator::logical(const Node& node, Value& out, bool stops_at) {
    bool value = false;
    if (!boolean(node.first, value)) return false;
    if (value != stops_at && !boolean(node.second, value)) return false;
    out = Value::boolean(value);
    return true;
}

bool Evaluator::negate(const Node& node, NodeId id, Value& out) {
    std::int64_t value = 0;
    if (!integer(node.first, value)) return false;
    if (__builtin_sub_overflow(std::int64_t{0}, value, &value))
        return fail(id, FaultKind::overflow);
    out = Value::integer(value);
    return true;
}

bool Evaluator::binary(const Node& node, NodeId id, Value& out) {
    if (node.op != Op::equal && node.op != Op::not_equal && node.op != Op::in) {
        return order(node, id, out);
    }
    Value left;
    Value right;
    if (!evaluate(node.first, left) || !evaluate(node.second, right)) return false;
    bool result = false;
    if (node.op == Op::in) {
        if (!member_of(id, left, right, result)) return false;
    } else {
        result = (left == right) == (node.op == Op::equal);
    }
    out = Value::boolean(result);
    return true;
}

bool Evaluator::order(const Node& node, NodeId id, Value& out) {
    Value left;
    Value right;
    if (!evaluate(node.first, left) || !evaluate(node.second, right)) return false;
    const bool ordered =
        left.is(ValueKind::integer) || left.is(ValueKind::datetime) || left.is(ValueKind::duration);
    if (!ordered) return wrong_type(id, Wanted::comparable, left.kind());
    if (right.kind() != left.kind()) return wrong_type(id, Wanted::comparable, right.kind());
    const std::int64_t a = left.as_integer();
    const std::int64_t b = right.as_integer();
    const bool result = node.op == Op::less         ? a < b
                        : node.op == Op::less_equal ? a <= b
                        : node.op == Op::greater    ? a > b
                                                    : a >= b;
    out = Value::boolean(result);
    return true;
}

// Both operands come first: an error inside the right one is reported before a wrong left type.
bool Evaluator::arithmetic(const Node& node, NodeId id, Value& out) {
    Value left;
    Value right;
    if (!evaluate(node.first, left) || !evaluate(node.second, right)) return false;
    if (!typed(node.first, left, ValueKind::integer, Wanted::integer) ||
        !typed(node.second, right, ValueKind::integer, Wanted::integer)) {
        return false;
    }
    std::int64_t result = 0;
    const std::int64_t a = left.as_integer();
    const std::int64_t b = right.as_integer();
    const bool overflow = node.op == Op::add        ? __builtin_add_overflow(a, b, &result)
                          : node.op == Op::subtract ? __builtin_sub_overflow(a, b, &result)
                                                    : __builtin_mul_overflow(a, b, &result);
    if (overflow) return fail(id, FaultKind::overflow);
    out = Value::integer(result);
    return true;
}

// A set is sorted by kind, so that its ends tell whether all its members are entities.
bool Evaluator::member_of(NodeId id, const Value& left, const Value& right, bool& out) {
    if (!typed(id, left, ValueKind::entity, Wanted::entity)) return false;
    const Value* targets = &right;
    std::size_t count = 1;
    if (right.is(ValueKind::set)) {
        targets = right.items().data();
        count = right.items().size();
    }
    out = false;
    if (count == 0) return true;
    for (const Value& end : {targets[0], targets[count - 1]}) {
        if (!end.is(ValueKind::entity)) {
            return wrong_type(id, Wanted::entity_or_set_of_entities, end.kind());
        }
    }
    const Entity* entity = world_.find(left.as_entity());
    for (std::size_t i = 0; i < count && !out; ++i) {
        const EntityKey& target = targets[i].as_entity();
        out = left.as_entity() == target || (entity != nullptr && entity->has_ancestor(target));
    }
    return true;
}

bool Evaluator::set_operation(const Node& node, NodeId id, Value& out) {
    Value left;
    Value right;
    if (!evaluate(node.first, left)) return false;
    if (node.op != Op::is_empty && !evaluate(node.second, right)) return false;
    if (!typed(node.first, left, ValueKind::set, Wanted::set)) return false;
    bool result = false;
    if (node.op == Op::is_empty) {
        result = left.items().empty();
    } else if (node.op == Op::contains) {
        result = left.contains(right);
    } else {
        if (!typed(id, right, ValueKind::set, Wanted::set)) return false;
        const auto held = [&left](const Value& item) { return left.contains(item); };
        const auto items = right.items();
        result = node.op == Op::contains_all ? std::all_of(items.begin(), items.end(), held)
                                             : std::any_of(items.begin(), items.end(), held);
    }
    out = Value::boolean(result);
    return true;
}

bool Evaluator::tag(const Node& node, NodeId id, Value& out) {
    Value subject;
    Value name;
    if (!evaluate(node.first, subject) || !evaluate(node.second, name)) return false;
    if (!typed(id, subject, ValueKind::entity, Wanted::entity) ||
        !typed(id, name, ValueKind::string, Wanted::string)) {
        return false;
    }
    const EntityKey* key = subject.entity_pointer();
    const Entity* entity = world_.find(*key);
    const Value* found = entity != nullptr ? entity->tags.find(name.as_text()) : nullptr;
    if (node.op == Op::has_tag) {
        out = Value::boolean(found != nullptr);
        return true;
    }
    if (entity == nullptr) return missing(id, FaultKind::missing_entity, {}, key);
    if (found == nullptr) return missing(id, FaultKind::missing_tag, name.as_text(), key);
    out = *found;
    return true;
}

bool Evaluator::get_attribute(const Node& node, NodeId id, Value& out) {
    Value subject;
    if (!evaluate(node.first, subject)) return false;
    const std::string_view name = program_.name(node.second);
    const EntityKey* key = nullptr;
    const Value* held = &subject;
    if (subject.is(ValueKind::entity)) {
        key = subject.entity_pointer();
        const Entity* entity = world_.find(*key);
        if (entity == nullptr) return missing(id, FaultKind::missing_entity, {}, key);
        held = &entity->attributes;
    } else if (!typed(id, subject, ValueKind::record, Wanted::record_or_entity)) {
        return false;
    }
    const Value* found = held->find(name);
    if (found == nullptr) return missing(id, FaultKind::missing_attribute, name, key);
    out = *found;
    return true;
}

// A path stops at the first name that is absent; an entity that is not known has no attributes.
bool Evaluator::has_attribute(const Node& node, NodeId id, Value& out) {
    Value subject;
    if (!evaluate(node.first, subject)) return false;
    for (const std::string_view name : program_.names(node.second, node.third)) {
        const Value* held = &subject;
        if (subject.is(ValueKind::entity)) {
            const Entity* entity = world_.find(subject.as_entity());
            held = entity != nullptr ? &entity->attributes : nullptr;
        } else if (!typed(id, subject, ValueKind::record, Wanted::record_or_entity)) {
            return false;
        }
        const Value* found = held != nullptr ? held->find(name) : nullptr;
        if (found == nullptr) {
            out = Value::boolean(false);
            return true;
        }
        subject = *found;
    }
    out = Value::boolean(true);
    return true;
}

bool Evaluator::like(const Node& node, NodeId id, Value& out) {
    Value subject;
    if (!evaluate(node.first, subject)) return false;
    if (!typed(id, subject, ValueKind::string, Wanted::string)) return false;
    const auto parts = program_.names(node.second, node.third);
    out = Value::boolean(matches_pattern(subject.as_text(), parts));
    return true;
}

bool Evaluator::is_type(const Node& node, NodeId id, Value& out) {
    Value subject;
    if (!evaluate(node.first, subject)) return false;
    if (!typed(id, subject, ValueKind::entity, Wanted::entity)) return false;
    bool result = subject.as_entity().type == program_.name(node.second);
    if (result && node.op == Op::is_type_in) {
        Value ancestor;
        if (!evaluate(node.third, ancestor)) return false;
        if (!member_of(id, subject, ancestor, result)) return false;
    }
    out = Value::boolean(result);
    return true;
}

bool Evaluator::set(const Node& node, Value& out) {
    Value* items = scratch_->take_array<Value>(node.third);
    std::size_t count = 0;
    for (const NodeId operand : program_.list(node.second, node.third)) {
        if (!evaluate(operand, *new (items + count) Value())) return false;
        ++count;
    }
    const auto before = [](const Value& a, const Value& b) { return compare(a, b) < 0; };
    std::sort(items, items + count, before);
    const Value* end = std::unique(items, items + count);
    out = Value::sorted_set({items, static_cast<std::size_t>(end - items)});
    return true;
}

bool Evaluator::record(const Node& node, Value& out) {
    Field* fields = scratch_->take_array<Field>(node.third);
    const auto operands = program_.list(node.second, node.third);
    const auto names = program_.names(node.first, node.third);
    for (std::size_t i = 0; i < operands.size(); ++i) {
        Field* field = new (fields + i) Field{names[i], {}};
        if (!evaluate(operands[i], field->value)) return false;
    }
    std::sort(fields, fields + operands.size(),
              [](const Field& a, const Field& b) { return a.name < b.name; });
    out = Value::sorted_record({fields, operands.size()});
    return true;
}

// Literal parts must follow each other; the first is anchored at the start, the last at the end.
// The parts are valid UTF-8, so that matching bytes is matching code points.
bool matches_pattern(std::string_view text, std::span<const std::string_view> parts) {
    const std::string_view first = parts.front();
    const std::string_view last = parts.back();
    if (parts.size() == 1) return text == first;
    if (!text.starts_with(first)) return false;
    text.remove_prefix(first.size());
    for (const std::string_view part : parts.subspan(1, parts.size() - 2)) {
        const std::size_t at = text.find(part);
        if (at == std::string_view::npos) return false;
        text.remove_prefix(at + part.size());
    }
    return text.ends_with(last);
}

}  // namespace hs::cedar::internal
