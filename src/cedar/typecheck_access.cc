// Typing of attributes and tags, and of the tests that make them safe.
#include <algorithm>

#include "cedar/typecheck.h"

namespace hs::cedar {

Typechecker::Found Typechecker::find_attribute(const Type& subject, std::string_view name) {
    if (subject.kind == TypeKind::any_entity) return {nullptr, false, true};
    if (subject.kind == TypeKind::entity) return find_entity_attribute(subject, name);
    const AttributeType* attribute = subject.find_attribute(name);
    if (attribute == nullptr) return {nullptr, false, subject.is_open};
    return {attribute->type, attribute->is_required, true};
}

// Of several entity types: known only when each has it and the types have a bound.
Typechecker::Found Typechecker::find_entity_attribute(const Type& subject, std::string_view name) {
    Found found{nullptr, true, false};
    bool is_in_all = true;
    for (const EntityTypeId id : subject.entities) {
        const AttributeType* attribute = schema_->entity_type(id).shape->find_attribute(name);
        if (attribute == nullptr) {
            is_in_all = false;
            continue;
        }
        found.may_exist = true;
        found.is_required = found.is_required && attribute->is_required;
        const bool is_first = id == subject.entities.front();
        if (is_in_all) {
            found.type = is_first ? attribute->type
                                  : least_upper_bound(*found.type, *attribute->type,
                                                      ValidationMode::permissive, store_);
            is_in_all = found.type != nullptr;
        }
    }
    if (!is_in_all) found.type = nullptr;
    return found;
}

std::string Typechecker::subject_text(const Type& type, ExprId id) const {
    const Expr& expr = node(id);
    if (expr.kind == ExprKind::variable &&
        static_cast<Variable>(expr.number) == Variable::context) {
        return "the context of " + to_text(schema_->action(request_.action).uid);
    }
    if (type.kind == TypeKind::record) return "the record " + text(type);
    if (type.kind == TypeKind::any_entity) return "entities of different types";
    return "entity type `" + text(type) + "`";
}

Typechecker::Answer Typechecker::check_get_attribute(ExprId id) {
    const Expr& expr = node(id);
    const ExprId base = operand(id, 0);
    Answer subject = expect(base, {&simple_type(TypeKind::any_entity), &any_record()});
    if (subject.type == nullptr) return failed();
    const Found found = find_attribute(*subject.type, expr.text);
    if (found.type == nullptr) {
        refuse(FindingKind::unsafe_attribute, id,
               "attribute " + quoted(expr.text) + " of " + subject_text(*subject.type, base) +
                   (found.may_exist ? " is not known to exist" : " does not exist"));
        return failed();
    }
    if (found.is_required) return {found.type, subject.is_ok, {}};
    const Capability wanted = attribute_capability(subject_of(base, names_->hashes), expr.text);
    if (held_.holds(policy_->nodes, wanted, store_.steps)) return {found.type, subject.is_ok, {}};
    refuse(FindingKind::unsafe_attribute, id,
           "attribute " + quoted(expr.text) + " of " + subject_text(*subject.type, base) +
               " is optional; test it with `has` first");
    return failed(found.type);
}

// A record has its required attributes. An entity may be absent from the data, and then has none.
Typechecker::Answer Typechecker::has_step(const Type& subject_type, const Subject& subject,
                                          const std::string& name) {
    const Found found = find_attribute(subject_type, name);
    if (found.type == nullptr) return {bool_or(!found.may_exist, false), true, {}};
    const Capability earned = attribute_capability(subject, name);
    const bool is_certain = (found.is_required && subject_type.kind == TypeKind::record) ||
                            held_.holds(policy_->nodes, earned, store_.steps);
    return {bool_or(is_certain, true), true, {earned}};
}

// `e has a.b.c` is `e has a && e.a has b && e.a.b has c`.
Typechecker::Answer Typechecker::check_has(ExprId id) {
    const Expr& expr = node(id);
    const ExprId base = operand(id, 0);
    Answer subject_answer = expect(base, {&simple_type(TypeKind::any_entity), &any_record()});
    const Type* type = subject_answer.type;
    if (type == nullptr) return failed(&simple_type(TypeKind::boolean));
    Subject subject = subject_of(base, names_->hashes);
    const std::size_t mark = held_.mark();
    Answer all{&bool_type(true), subject_answer.is_ok, {}};
    for (std::size_t i = 0; i < expr.names.size(); ++i) {
        if (i > 0) {
            const Subject before = subject;
            subject = extend(subject, expr.names, i);
            if (!get_step(expr, type, before, expr.names[i - 1])) {
                all = failed(&simple_type(TypeKind::boolean));
                break;
            }
        }
        Answer step = has_step(*type, subject, expr.names[i]);
        if (step.is_false()) {
            all = {step.type, all.is_ok, {}};
            break;
        }
        if (all.is_true()) all.type = step.type;
        held_.push(step.earned);
        all.earned.insert(all.earned.end(), step.earned.begin(), step.earned.end());
    }
    held_.release(mark);
    return all;
}

// The type of one more attribute along the path, which the step before has just tested.
bool Typechecker::get_step(const Expr& at, const Type*& type, const Subject& subject,
                           const std::string& name) {
    const Found found = find_attribute(*type, name);
    const Capability wanted = attribute_capability(subject, name);
    const bool is_safe = found.type != nullptr &&
                         (found.is_required || held_.holds(policy_->nodes, wanted, store_.steps));
    if (!is_safe) {
        findings_->add(
            FindingKind::unsafe_attribute, at.span,
            "attribute " + quoted(name) + " of " + text(*type) + " is not known to exist");
        return false;
    }
    if (!found.type->is_entity() && found.type->kind != TypeKind::record) {
        findings_->add(FindingKind::unexpected_type, at.span,
                       "`has` needs an entity or a record at " + quoted(name) +
                           ", but it is of type " + text(*found.type));
        return false;
    }
    type = found.type;
    return true;
}

// The bound of the tag types of all entity types that have tags; null when there is none.
const Type* Typechecker::tag_type(const Type& subject, bool& has_tags) {
    const Type* bound = &simple_type(TypeKind::never);
    has_tags = false;
    const auto widen = [&](const EntityTypeRule& rule) {
        if (rule.tags == nullptr) return;
        has_tags = true;
        if (bound != nullptr) bound = least_upper_bound(*bound, *rule.tags, mode_, store_);
    };
    if (subject.kind == TypeKind::any_entity) {
        for (const EntityTypeRule& rule : schema_->entity_types()) widen(rule);
        store_.steps += schema_->entity_types().size();
    } else {
        for (const EntityTypeId id : subject.entities) widen(schema_->entity_type(id));
    }
    return bound;
}

Typechecker::Answer Typechecker::check_has_tag(ExprId id) {
    Answer subject = expect(operand(id, 0), {&simple_type(TypeKind::any_entity)});
    const Answer key = expect(operand(id, 1), {&simple_type(TypeKind::string)});
    const bool is_ok = subject.is_ok && key.is_ok;
    if (subject.type == nullptr || subject.type->kind == TypeKind::never) return failed();
    bool has_tags = false;
    tag_type(*subject.type, has_tags);
    const Capability earned =
        tag_capability(subject_of(operand(id, 0), names_->hashes), operand(id, 1), names_->hashes);
    Answer answer{&bool_type(false), is_ok, {earned}};
    if (has_tags) {
        answer.type = bool_or(held_.holds(policy_->nodes, earned, store_.steps), true);
    }
    if (!is_ok) answer.earned.clear();
    return answer;
}

Typechecker::Answer Typechecker::check_get_tag(ExprId id) {
    Answer subject = expect(operand(id, 0), {&simple_type(TypeKind::any_entity)});
    const Answer key = expect(operand(id, 1), {&simple_type(TypeKind::string)});
    if (subject.type == nullptr || subject.type->kind == TypeKind::never) return failed();
    const Capability wanted =
        tag_capability(subject_of(operand(id, 0), names_->hashes), operand(id, 1), names_->hashes);
    const std::string owner = subject_text(*subject.type, operand(id, 0));
    if (!held_.holds(policy_->nodes, wanted, store_.steps)) {
        refuse(FindingKind::unsafe_tag, id,
               "this tag of " + owner + " may not exist; test it with `hasTag` first");
        return failed();
    }
    bool has_tags = false;
    const Type* type = tag_type(*subject.type, has_tags);
    if (!has_tags) {
        refuse(FindingKind::unsafe_tag, id, owner + " has no tags");
        return failed();
    }
    if (type == nullptr) {
        refuse(FindingKind::incompatible_types, id,
               "the tags of " + owner + " have no common type");
        return failed();
    }
    return {type, subject.is_ok && key.is_ok, {}};
}

}  // namespace hs::cedar
