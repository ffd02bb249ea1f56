// Program: the conditions of all policies of a set, compiled to flat nodes.
//
// What it is for: the decision path. Constants are Values in the program's own arena, names are
// views into it, operands are indices; nothing is owned by a node.
// What it does not protect from: a tree higher than expression_depth_max; the parser refuses it.
// Threads: immutable once built.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "cedar/ast.h"
#include "cedar/value.h"

namespace hs::cedar::internal {

using NodeId = std::uint32_t;

enum class Op : std::uint8_t {
    constant,       // first: constant
    variable,       // detail: Variable
    conditional,    // first, second, third
    logical_and,    // first, second
    logical_or,     //
    logical_not,    // first
    negate,         // first
    equal,          // first, second; the same down to has_tag
    not_equal,      //
    less,           //
    less_equal,     //
    greater,        //
    greater_equal,  //
    add,            //
    subtract,       //
    multiply,       //
    in,             //
    contains,       //
    contains_all,   //
    contains_any,   //
    get_tag,        //
    has_tag,        //
    is_empty,       // first
    get_attribute,  // first; second: name
    has_attribute,  // first; second: name, third: how many names
    like,           // first; second: name (literal part), third: how many
    is_type,        // first; second: name
    is_type_in,     // first; second: name; third: the ancestor's node
    set,            // second: first list entry, third: how many
    record,         // the same; detail2 names start at first
    call,           // detail: ExtensionFunction; second, third: list of arguments
};

struct Node {
    Op op = Op::constant;
    std::uint8_t detail = 0;
    std::uint32_t first = 0;
    std::uint32_t second = 0;
    std::uint32_t third = 0;
};
static_assert(sizeof(Node) == 16);

struct CompiledCondition {
    NodeId body = 0;
    bool negated = false;  // unless
};

// A policy's conditions: a range of `conditions`.
struct ConditionRange {
    std::uint32_t first = 0;
    std::uint32_t count = 0;
};

class Program {
  public:
    ConditionRange compile(const Policy& policy);

    const Node& node(NodeId id) const { return nodes_[id]; }
    Span span(NodeId id) const { return spans_[id]; }
    const Value& constant(std::uint32_t index) const { return constants_[index]; }
    std::string_view name(std::uint32_t index) const { return names_[index]; }
    std::span<const std::string_view> names(std::uint32_t first, std::uint32_t count) const {
        return std::span(names_).subspan(first, count);
    }
    std::span<const NodeId> list(std::uint32_t first, std::uint32_t count) const {
        return std::span(lists_).subspan(first, count);
    }
    std::span<const CompiledCondition> conditions(ConditionRange range) const {
        return std::span(conditions_).subspan(range.first, range.count);
    }

  private:
    NodeId compile_node(const Policy& policy, ExprId id);
    Node translate(const Policy& policy, const Expr& expr);
    Node translate_operator(const Policy& policy, const Expr& expr);
    Node constant_node(Value value);
    std::uint32_t add_names(const std::vector<std::string>& names);
    std::uint32_t add_list(const std::vector<NodeId>& nodes);
    bool can_fold(const Node& node) const;

    Arena arena_;
    std::vector<Node> nodes_;
    std::vector<Span> spans_;
    std::vector<Value> constants_;
    std::vector<std::string_view> names_;
    std::vector<NodeId> lists_;
    std::vector<CompiledCondition> conditions_;
};

}  // namespace hs::cedar::internal
