// Policies against a schema: names, applicability, types, and what deceives the eye.
#include "cedar/validate.h"

#include <algorithm>
#include <array>

#include "cedar/confusable.h"
#include "cedar/typecheck.h"

namespace hs::cedar {
namespace {

class PolicyValidation {
  public:
    PolicyValidation(const Schema& schema, ValidationMode mode, const ValidationLimits& limits)
        : schema_(schema),
          mode_(mode),
          errors_(limits.findings_max),
          warnings_(limits.findings_max),
          checker_(schema, mode, limits.steps_max, errors_) {}

    void add(const Policy& policy) {
        if (checker_.gave_up()) return;
        errors_.start(policy, policy.id);
        warnings_.start(policy, policy.id);
        const PolicyNames names(policy, schema_);
        check_names(names);
        if (!may_apply(names.principal, names.action, names.resource)) refuse_application(policy);
        check_types(names);
        warn_of_text(policy);
        if (checker_.gave_up()) refuse_work(policy);
    }

    void add(const PolicyLink& link, const Policy& policy) {
        if (checker_.gave_up()) return;
        errors_.start(policy, link.id);
        const PolicyNames names(policy, schema_);
        ScopeConstraint principal = policy.principal;
        ScopeConstraint resource = policy.resource;
        const KnownScope known_principal =
            fill_slot(names.principal, principal, link.values.principal);
        const KnownScope known_resource = fill_slot(names.resource, resource, link.values.resource);
        if (!may_apply(known_principal, names.action, known_resource)) refuse_application(policy);
    }

    ValidationReport take() { return {errors_.take(), warnings_.take()}; }

  private:
    void refuse_application(const Policy& policy) {
        errors_.add(FindingKind::no_applicable_action, policy.span,
                    "unable to find an applicable action given the policy scope constraints");
    }
    void refuse_work(const Policy& policy) {
        errors_.add(FindingKind::limit_exceeded, policy.span,
                    "the validation was given up here, because policies and request types are too "
                    "many or too large; split the set");
    }

    KnownScope fill_slot(const KnownScope& known, ScopeConstraint& scope,
                         const std::optional<EntityUid>& entity) {
        if (!scope.is_slot || !entity) return known;
        scope.is_slot = false;
        scope.entity = *entity;
        KnownScope filled = known;
        filled.written = &scope;
        filled.entity = look_up(*entity, schema_);
        check_entity(filled.entity, entity->type, entity->id, scope.span);
        return filled;
    }

    void check_entity(const KnownEntity& known, std::string_view type, std::string_view id,
                      Span span) {
        const auto name = [&] { return to_text(EntityUid{std::string(type), std::string(id)}); };
        if (known.is_action) {
            if (known.action != no_action) return;
            errors_.add(FindingKind::unknown_action, span, "unrecognized action " + name());
            return;
        }
        if (known.type == no_entity_type) {
            refuse_type(type, span);
            return;
        }
        const EntityTypeRule& rule = schema_.entity_type(known.type);
        if (rule.kind != EntityTypeKind::enumerated || rule.has_choice(id)) return;
        errors_.add(
            FindingKind::unknown_enum_id, span,
            name() + " is none of the entities that the enumeration `" + rule.name + "` lists");
    }

    void refuse_type(std::string_view type, Span span) {
        errors_.add(FindingKind::unknown_entity_type, span,
                    "unrecognized entity type `" + std::string(type) + "`");
    }

    void check_type_name(EntityTypeId type, const std::string& name, Span span) {
        if (type == no_entity_type && !is_action_type(name)) refuse_type(name, span);
    }

    void check_scope_names(const KnownScope& scope) {
        const ScopeConstraint& written = *scope.written;
        const bool names_entity = written.kind == ScopeKind::equal ||
                                  written.kind == ScopeKind::in || written.kind == ScopeKind::is_in;
        if (names_entity && !written.is_slot) {
            check_entity(scope.entity, written.entity.type, written.entity.id, written.span);
        }
        for (std::size_t i = 0; i < scope.list.size(); ++i) {
            check_entity(scope.list[i], written.list[i].type, written.list[i].id, written.span);
        }
        if (written.kind == ScopeKind::is_type || written.kind == ScopeKind::is_in) {
            check_type_name(scope.type, written.type, written.span);
        }
    }

    void check_names(const PolicyNames& names) {
        check_scope_names(names.principal);
        check_scope_names(names.action);
        check_scope_names(names.resource);
        const std::vector<Expr>& nodes = names.policy->nodes;
        for (std::size_t i = 0; i < nodes.size(); ++i) {
            const Expr& node = nodes[i];
            if (node.kind == ExprKind::entity) {
                check_entity(names.nodes[i], node.text, node.id, node.span);
            } else if (node.kind == ExprKind::is_type || node.kind == ExprKind::is_type_in) {
                check_type_name(names.nodes[i].type, node.text, node.span);
            }
        }
    }

    // Could the variable, of this type, satisfy the constraint?
    bool may_hold(const KnownScope& scope, EntityTypeId type) const {
        const ScopeConstraint& written = *scope.written;
        const bool tests_type =
            written.kind == ScopeKind::is_type || written.kind == ScopeKind::is_in;
        if (tests_type && scope.type != type) return false;
        if (written.kind == ScopeKind::any || written.kind == ScopeKind::is_type) return true;
        if (written.is_slot || scope.entity.type == type) return true;
        return written.kind != ScopeKind::equal && scope.entity.type != no_entity_type &&
               schema_.entity_type(type).may_have_ancestor(scope.entity.type);
    }

    bool may_hold_action(const KnownScope& scope, ActionId action) const {
        const ActionRule& rule = schema_.action(action);
        const auto is_in = [&](const KnownEntity& group) {
            return group.action == action ||
                   (group.action != no_action && rule.has_ancestor(group.action));
        };
        switch (scope.written->kind) {
            case ScopeKind::any:
                return true;
            case ScopeKind::equal:
                return scope.entity.action == action;
            case ScopeKind::in:
                return is_in(scope.entity);
            case ScopeKind::in_list: {
                const auto is_unknown = [](const KnownEntity& one) { return !one.is_known(); };
                return std::none_of(scope.list.begin(), scope.list.end(), is_unknown) &&
                       std::any_of(scope.list.begin(), scope.list.end(), is_in);
            }
            case ScopeKind::is_type:
            case ScopeKind::is_in:
                return scope.type == rule.type;
        }
        return false;
    }

    bool any_may_hold(const KnownScope& scope, const std::vector<EntityTypeId>& types) const {
        return std::any_of(types.begin(), types.end(),
                           [&](EntityTypeId type) { return may_hold(scope, type); });
    }

    bool may_apply(const KnownScope& principal, const KnownScope& action,
                   const KnownScope& resource) const {
        for (ActionId id = 0; id < schema_.actions().size(); ++id) {
            if (!may_hold_action(action, id)) continue;
            const ActionRule& rule = schema_.action(id);
            if (any_may_hold(principal, rule.principals) &&
                any_may_hold(resource, rule.resources)) {
                return true;
            }
        }
        return false;
    }

    // A constraint on something undeclared excludes nothing here, so that the conditions are
    // checked.
    bool is_worth_checking(const KnownScope& scope, EntityTypeId type) const {
        const ScopeKind kind = scope.written->kind;
        const bool names_entity =
            !scope.written->is_slot && (kind == ScopeKind::equal || kind == ScopeKind::in);
        return (names_entity && !scope.entity.is_known()) || may_hold(scope, type);
    }

    bool is_action_worth_checking(const KnownScope& scope, ActionId action) const {
        const bool is_list = scope.written->kind == ScopeKind::in_list;
        const auto is_unknown = [](const KnownEntity& one) { return !one.is_known(); };
        if (scope.written->kind == ScopeKind::in && !scope.entity.is_known()) return true;
        if (is_list && scope.list.empty() && mode_ == ValidationMode::strict) return true;
        if (is_list && std::any_of(scope.list.begin(), scope.list.end(), is_unknown)) return true;
        return may_hold_action(scope, action);
    }

    void check_types(const PolicyNames& names) {
        checker_.start(names);
        bool may_ever_hold = false;
        for (ActionId id = 0; id < schema_.actions().size(); ++id) {
            if (!is_action_worth_checking(names.action, id)) continue;
            const ActionRule& rule = schema_.action(id);
            for (const EntityTypeId principal : rule.principals) {
                if (!is_worth_checking(names.principal, principal)) continue;
                may_ever_hold = check_resources(names, {principal, id, 0}) || may_ever_hold;
                if (checker_.gave_up()) return;
            }
        }
        if (!may_ever_hold) {
            warnings_.add(FindingKind::impossible_policy, names.policy->span,
                          "policy is impossible: the policy expression evaluates to false for all "
                          "valid requests");
        }
    }

    // Is the policy anything but always false for some resource type?
    bool check_resources(const PolicyNames& names, RequestType request) {
        bool may_ever_hold = false;
        for (const EntityTypeId resource : schema_.action(request.action).resources) {
            if (!is_worth_checking(names.resource, resource)) continue;
            request.resource = resource;
            if (checker_.check(request) != Typechecker::Verdict::never) may_ever_hold = true;
            if (checker_.gave_up()) break;
        }
        return may_ever_hold;
    }

    void warn_of(std::string_view text, TextUse use, Span span) {
        const TextSuspicion suspicion = suspect(text, use);
        if (suspicion.kind == SuspicionKind::none) return;
        constexpr std::array kinds = {FindingKind::bidirectional_text,
                                      FindingKind::bidirectional_text, FindingKind::mixed_scripts,
                                      FindingKind::confusable_text,
                                      FindingKind::restricted_character};
        warnings_.add(kinds[static_cast<std::size_t>(suspicion.kind)], span, suspicion.message);
    }

    void warn_of_scope(const ScopeConstraint& scope) {
        warn_of(scope.entity.id, TextUse::text, scope.span);
        for (const EntityUid& uid : scope.list) warn_of(uid.id, TextUse::text, scope.span);
    }

    void warn_of_text(const Policy& policy) {
        for (const Annotation& annotation : policy.annotations) {
            warn_of(annotation.value, TextUse::prose, annotation.span);
        }
        warn_of_scope(policy.principal);
        warn_of_scope(policy.action);
        warn_of_scope(policy.resource);
        for (const Expr& node : policy.nodes) {
            const bool is_name = node.kind == ExprKind::get_attribute;
            warn_of(node.text, is_name ? TextUse::identifier : TextUse::text, node.span);
            warn_of(node.id, TextUse::text, node.span);
            const bool are_names = node.kind != ExprKind::like;
            for (const std::string& name : node.names) {
                warn_of(name, are_names ? TextUse::identifier : TextUse::text, node.span);
            }
        }
    }

    const Schema& schema_;
    ValidationMode mode_;
    FindingList errors_;
    FindingList warnings_;
    Typechecker checker_;
};

}  // namespace

std::string_view finding_name(FindingKind kind) {
    switch (kind) {
        case FindingKind::unknown_entity_type:
            return "unknown_entity_type";
        case FindingKind::unknown_action:
            return "unknown_action";
        case FindingKind::unknown_enum_id:
            return "unknown_enum_id";
        case FindingKind::no_applicable_action:
            return "no_applicable_action";
        case FindingKind::unexpected_type:
            return "unexpected_type";
        case FindingKind::incompatible_types:
            return "incompatible_types";
        case FindingKind::unsafe_attribute:
            return "unsafe_attribute";
        case FindingKind::unsafe_tag:
            return "unsafe_tag";
        case FindingKind::empty_set:
            return "empty_set";
        case FindingKind::wrong_argument_count:
            return "wrong_argument_count";
        case FindingKind::bad_constructor_argument:
            return "bad_constructor_argument";
        case FindingKind::computed_constructor:
            return "computed_constructor";
        case FindingKind::limit_exceeded:
            return "limit_exceeded";
        case FindingKind::impossible_policy:
            return "impossible_policy";
        case FindingKind::bidirectional_text:
            return "bidirectional_text";
        case FindingKind::mixed_scripts:
            return "mixed_scripts";
        case FindingKind::confusable_text:
            return "confusable_text";
        case FindingKind::restricted_character:
            return "restricted_character";
    }
    return "unknown";
}

ValidationReport validate(const PolicySet& policies, const Schema& schema, ValidationMode mode,
                          const ValidationLimits& limits) {
    PolicyValidation validation(schema, mode, limits);
    for (const Policy& policy : policies.policies()) validation.add(policy);
    for (const Policy& policy : policies.templates()) validation.add(policy);
    for (const PolicyLink& link : policies.links()) {
        validation.add(link, policies.templates()[link.template_index]);
    }
    return validation.take();
}

ValidationReport validate_policies(std::span<const Policy> policies, const Schema& schema,
                                   ValidationMode mode, const ValidationLimits& limits) {
    PolicyValidation validation(schema, mode, limits);
    for (const Policy& policy : policies) validation.add(policy);
    return validation.take();
}

}  // namespace hs::cedar
