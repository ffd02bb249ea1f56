// The typechecker: one policy in one request type after the other.
//
// What it is for: validate_policies drives it. It infers the type of every expression, knows Bools
// that are always true or false, skips what can never run, and follows what `has` and `hasTag`
// make safe (Cedar specification, Validation/Typechecker; docs.cedarpolicy.com: validation).
// What it does not protect from: names the schema does not declare; PolicyNames reports those, and
// the typechecker only treats such an expression as failed.
// Threads: one thread.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <unordered_set>
#include <vector>

#include "cedar/schema.h"
#include "cedar/typecheck_capability.h"
#include "cedar/validate.h"

namespace hs::cedar {

inline constexpr ActionId no_action = 0xFFFF'FFFF;

// An entity named in a policy, looked up once.
struct KnownEntity {
    EntityTypeId type = no_entity_type;
    ActionId action = no_action;
    bool is_action = false;  // by the name of its type
    bool is_known() const { return is_action ? action != no_action : type != no_entity_type; }
};
KnownEntity look_up(const EntityUid& uid, const Schema& schema);
KnownEntity look_up(std::string_view type, std::string_view id, const Schema& schema);

// A scope constraint with its names looked up.
struct KnownScope {
    const ScopeConstraint* written = nullptr;
    KnownEntity entity;
    EntityTypeId type = no_entity_type;  // is_type, is_in
    std::vector<KnownEntity> list;
};

// A policy with every name looked up; valid as long as policy and schema.
struct PolicyNames {
    PolicyNames(const Policy& policy, const Schema& schema);

    const Policy* policy = nullptr;
    KnownScope principal;
    KnownScope action;
    KnownScope resource;
    std::vector<KnownEntity> nodes;     // of entity literals; `type` also of is_type, is_type_in
    std::vector<std::uint64_t> hashes;  // of all nodes
};

struct RequestType {
    EntityTypeId principal = no_entity_type;
    ActionId action = no_action;
    EntityTypeId resource = no_entity_type;
};

// Collects findings, each text once for a place and a policy.
class FindingList {
  public:
    explicit FindingList(std::uint32_t findings_max) : findings_max_(findings_max) {}
    void start(const Policy& policy, std::string_view id);
    void add(FindingKind kind, Span span, std::string message);
    bool is_full() const { return findings_.size() >= findings_max_; }
    std::vector<Finding> take() { return std::move(findings_); }

  private:
    std::uint32_t findings_max_ = 0;
    const Policy* policy_ = nullptr;
    std::string id_;
    std::unordered_set<std::string> seen_;  // of this policy
    std::vector<Finding> findings_;
};

class Typechecker {
  public:
    enum class Verdict : std::uint8_t {
        boolean,    // may hold
        never,      // always false
        ill_typed,  // no type, or not only a boolean
    };

    Typechecker(const Schema& schema, ValidationMode mode, std::uint64_t steps_max,
                FindingList& findings);

    void start(const PolicyNames& names);
    Verdict check(const RequestType& request);
    // The budget of steps is used up; verdicts mean nothing any more.
    bool gave_up() const { return store_.steps > steps_max_; }
    std::uint64_t steps() const { return store_.steps; }

  private:
    // Failed expressions keep the type that they would have, so that checking goes on; null is
    // none.
    struct Answer {
        const Type* type = nullptr;
        bool is_ok = true;
        Capabilities earned;

        bool is_true() const { return type != nullptr && type->kind == TypeKind::only_true; }
        bool is_false() const { return type != nullptr && type->kind == TypeKind::only_false; }
    };
    using Expected = std::initializer_list<const Type*>;

    const Expr& node(ExprId id) const { return policy_->nodes[id]; }
    ExprId operand(ExprId id, std::size_t index) const { return node(id).operands[index]; }
    const Type* bool_or(bool decided, bool value) const;
    Answer failed(const Type* type = nullptr) const { return {type, false, {}}; }

    // typecheck.cc: scope, variables, literals, boolean operators
    Answer check_scope(const KnownScope& scope, const EntityTypeId variable);
    Answer check_action_scope(const KnownScope& scope);
    Answer check_action_list(const KnownScope& scope);
    Answer check_condition(const Condition& condition);
    Answer check_node(ExprId id);
    Answer check_kind(ExprId id);
    Answer check_test(ExprId subject, const Type& type);
    Answer check_variable(ExprId id);
    Answer check_literal_entity(ExprId id);
    Answer check_and(ExprId id);
    Answer check_or(ExprId id);
    Answer check_conditional(ExprId id);
    enum class Assume : std::uint8_t { nothing, test };
    Answer check_branch(ExprId branch, const Answer& test, Assume assume);
    Answer negate(Answer answer) const;
    template <class CheckRight>
    Answer join_and(Answer left, const CheckRight& check_right);

    // typecheck_operators.cc
    Answer check_equal(ExprId id);
    Answer check_order(ExprId id);
    void refuse_order(ExprId left, const Type& left_type, ExprId right, const Type& right_type);
    bool is_ordered(const Type& type) const;
    Answer check_arithmetic(ExprId id);
    Answer check_in(ExprId subject, ExprId ancestor);
    Answer decide_action_in(const KnownEntity& action, std::span<const KnownEntity> groups) const;
    bool may_be_in(const Type& subject, const Type& ancestor) const;
    Answer check_is(ExprId id);
    Answer check_contains(ExprId id);
    Answer check_contains_all(ExprId id);
    Answer check_set(ExprId id);
    Answer check_record(ExprId id);
    Answer check_call(ExprId id);
    bool check_call_shape(ExprId id);
    Answer require_common_type(ExprId id, Answer answer, const Type* left, const Type* right);
    // The entity that the literal or the variable `action` stands for.
    bool entity_of(ExprId id, KnownEntity& out) const;
    bool entities_of(ExprId id, std::vector<KnownEntity>& out) const;
    bool literal_values(ExprId left, ExprId right, bool& are_equal) const;

    // typecheck_access.cc
    Answer check_get_attribute(ExprId id);
    Answer check_has(ExprId id);
    Answer check_has_tag(ExprId id);
    Answer check_get_tag(ExprId id);
    const Type* tag_type(const Type& subject, bool& has_tags);
    struct Found {
        const Type* type = nullptr;  // null when no attribute of the name is known
        bool is_required = false;
        bool may_exist = false;
    };
    Found find_attribute(const Type& subject, std::string_view name);
    Found find_entity_attribute(const Type& subject, std::string_view name);
    Answer has_step(const Type& subject_type, const Subject& subject, const std::string& name);
    bool get_step(const Expr& at, const Type*& type, const Subject& subject,
                  const std::string& name);
    std::string subject_text(const Type& type, ExprId id) const;

    Answer expect(ExprId id, Expected expected);
    void refuse(FindingKind kind, ExprId id, std::string message);
    std::string text(const Type& type) const { return describe_type(type, *schema_); }

    const Schema* schema_;
    ValidationMode mode_;
    std::uint64_t steps_max_;
    FindingList* findings_;
    TypeStore store_;
    const Type* set_of_entities_;

    const PolicyNames* names_ = nullptr;
    const Policy* policy_ = nullptr;
    RequestType request_;
    CapabilityScope held_;
};

}  // namespace hs::cedar
