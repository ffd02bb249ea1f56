// The tree of a policy: flat nodes with positions, scope constraints, annotations.
//
// What it is for: what the parser makes and the printer, the typechecker and the compiler read.
// A policy's nodes lie in one vector, children before parents; an ExprId is an index into it. The
// sugar of the language (`!=`, `>`, `is … in`, `has a.b.c`) keeps nodes of its own, so that an
// operand occurs once and a walk is linear in the size of the text.
// What it does not protect from: a tree made by hand that breaks the shape comments below.
// Threads: values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cedar/name.h"
#include "cedar/source.h"

namespace hs::cedar {

using ExprId = std::uint32_t;
// Nodes are at most this high, so that every walk may recurse.
inline constexpr std::uint32_t expression_depth_max = 1000;

enum class ExprKind : std::uint8_t {
    boolean,        // number: 0 or 1
    integer,        // number
    string,         // text
    entity,         // text: type path; id: the unescaped id
    variable,       // number: a Variable
    slot,           // number: a Slot (scope only; never inside a condition)
    conditional,    // operands: test, then, otherwise
    logical_and,    // operands: left, right
    logical_or,     //
    logical_not,    // operands: one
    negate,         // operands: one
    equal,          // operands: left, right; the same down to has_tag
    not_equal,      //
    less,           //
    less_equal,     //
    greater,        //
    greater_equal,  //
    add,            //
    subtract,       //
    multiply,       //
    in,             //
    contains,       // receiver, argument
    contains_all,   //
    contains_any,   //
    get_tag,        //
    has_tag,        //
    is_empty,       // operands: one
    get_attribute,  // operands: one; text: the attribute's name
    has_attribute,  // operands: one; names: one or more attribute names (`e has a.b.c`)
    like,           // operands: one; names: the literal parts between wildcards (at least one)
    is_type,        // operands: subject; text: type path
    is_type_in,     // operands: subject, ancestor; text: type path
    set,            // operands: the members
    record,         // operands: the values; names: the keys, as written, without duplicates
    call,           // number: an ExtensionFunction; operands: arguments, the receiver first
};

enum class Variable : std::uint8_t { principal, action, resource, context };
enum class Slot : std::uint8_t { principal, resource };

// The 22 functions of the four extension types (docs.cedarpolicy.com: operators and functions).
enum class ExtensionFunction : std::uint8_t {
    decimal,
    less_than,
    less_than_or_equal,
    greater_than,
    greater_than_or_equal,
    ip,
    is_ipv4,
    is_ipv6,
    is_loopback,
    is_multicast,
    is_in_range,
    datetime,
    duration,
    offset,
    duration_since,
    to_date,
    to_time,
    to_milliseconds,
    to_seconds,
    to_minutes,
    to_hours,
    to_days,
};
inline constexpr std::size_t extension_function_count = 22;

enum class CallStyle : std::uint8_t { function, method };

struct ExtensionSignature {
    std::string_view name;
    CallStyle style = CallStyle::function;
    std::uint8_t arguments = 1;  // with the receiver of a method
};
const ExtensionSignature& extension_signature(ExtensionFunction function);
std::optional<ExtensionFunction> find_extension_function(std::string_view name);

std::string_view variable_name(Variable variable);
std::string_view slot_name(Slot slot);  // "?principal", "?resource"

struct Expr {
    ExprKind kind = ExprKind::boolean;
    std::uint32_t height = 1;  // of the subtree
    Span span;
    std::int64_t number = 0;
    std::string text;
    std::string id;
    std::vector<std::string> names;
    std::vector<ExprId> operands;
};

// Shape, names and literals; positions do not count.
bool same_expression(const std::vector<Expr>& nodes_a, ExprId a, const std::vector<Expr>& nodes_b,
                     ExprId b);

enum class Effect : std::uint8_t { permit, forbid };

enum class ScopeKind : std::uint8_t {
    any,      // principal
    equal,    // principal == E, or == ?slot
    in,       // principal in E, or in ?slot
    is_type,  // principal is T
    is_in,    // principal is T in E, or in ?slot
    in_list,  // action in [E, …] (action only; the list may be empty)
};

struct ScopeConstraint {
    ScopeKind kind = ScopeKind::any;
    bool is_slot = false;  // the entity is the slot of the variable
    EntityUid entity;      // equal, in, is_in without a slot
    std::string type;      // is_type, is_in
    std::vector<EntityUid> list;
    Span span;
};

struct Annotation {
    std::string name;
    std::string value;  // "" when written without a value
    bool has_value = true;
    Span span;
};

enum class ConditionKind : std::uint8_t { when, unless };

struct Condition {
    ConditionKind kind = ConditionKind::when;
    ExprId body = 0;
    Span span;
};

// A static policy, or a template when a scope constraint uses its slot.
struct Policy {
    std::string id;  // positional ("policy0") until the owner of the set gives another
    Effect effect = Effect::permit;
    std::vector<Annotation> annotations;
    ScopeConstraint principal;
    ScopeConstraint action;
    ScopeConstraint resource;
    std::vector<Condition> conditions;
    std::vector<Expr> nodes;
    Span span;
    SourcePointer source;

    bool is_template() const { return principal.is_slot || resource.is_slot; }
    const Expr& node(ExprId id_of_node) const { return nodes[id_of_node]; }
    const Annotation* find_annotation(std::string_view name) const;
};

// The same effect, annotations, scope and conditions; ids and positions do not count.
bool same_policy(const Policy& a, const Policy& b);

}  // namespace hs::cedar
