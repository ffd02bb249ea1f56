#include "cedar/internal/evaluator.h"
#include "cedar/internal/program.h"

namespace hs::cedar::internal {
namespace {

constexpr int distance(ExprKind kind) {
    return static_cast<int>(kind) - static_cast<int>(ExprKind::conditional);
}
constexpr int distance(Op op) {
    return static_cast<int>(op) - static_cast<int>(Op::conditional);
}

// From the conditional on, nodes and operators stand in the same order.
static_assert(distance(ExprKind::less) == distance(Op::less));
static_assert(distance(ExprKind::is_empty) == distance(Op::is_empty));
static_assert(distance(ExprKind::call) == distance(Op::call));

Op operator_of(ExprKind kind) {
    if (kind == ExprKind::variable) return Op::variable;
    if (distance(kind) < 0) return Op::constant;
    return static_cast<Op>(static_cast<int>(Op::conditional) + distance(kind));
}

// Operators whose result depends on their operands alone, not on entities.
bool is_pure(Op op) {
    switch (op) {
        case Op::logical_not:
        case Op::negate:
        case Op::equal:
        case Op::not_equal:
        case Op::less:
        case Op::less_equal:
        case Op::greater:
        case Op::greater_equal:
        case Op::add:
        case Op::subtract:
        case Op::multiply:
        case Op::contains:
        case Op::contains_all:
        case Op::contains_any:
        case Op::is_empty:
        case Op::like:
        case Op::is_type:
        case Op::set:
        case Op::record:
        case Op::call:
            return true;
        case Op::constant:
        case Op::variable:
        case Op::conditional:
        case Op::logical_and:
        case Op::logical_or:
        case Op::in:
        case Op::get_tag:
        case Op::has_tag:
        case Op::get_attribute:
        case Op::has_attribute:
        case Op::is_type_in:
            return false;
    }
    return false;
}

}  // namespace

ConditionRange Program::compile(const Policy& policy) {
    ConditionRange range;
    range.first = static_cast<std::uint32_t>(conditions_.size());
    for (const Condition& condition : policy.conditions) {
        const NodeId body = compile_node(policy, condition.body);
        conditions_.push_back({body, condition.kind == ConditionKind::unless});
    }
    range.count = static_cast<std::uint32_t>(policy.conditions.size());
    return range;
}

// An operator over constants is evaluated once here; where that fails it stays, so that the fault
// appears when, and only when, the evaluation gets there.
NodeId Program::compile_node(const Policy& policy, ExprId id) {
    const Expr& expr = policy.node(id);
    Node node = translate(policy, expr);
    const auto made = static_cast<NodeId>(nodes_.size());
    nodes_.push_back(node);
    spans_.push_back(expr.span);
    if (!is_pure(node.op) || !can_fold(node)) return made;
    const World nothing;
    Arena scratch;
    Value value;
    Evaluator evaluator(*this, nothing, scratch);
    if (evaluator.evaluate(made, value)) {
        nodes_[made] = constant_node(ValueBuilder(arena_).copy(value));
    }
    return made;
}

bool Program::can_fold(const Node& node) const {
    const auto is_constant = [this](NodeId id) { return nodes_[id].op == Op::constant; };
    if (node.op == Op::set || node.op == Op::record || node.op == Op::call) {
        const std::span<const NodeId> operands = list(node.second, node.third);
        return std::all_of(operands.begin(), operands.end(), is_constant);
    }
    const bool unary = node.op == Op::logical_not || node.op == Op::negate ||
                       node.op == Op::is_empty || node.op == Op::like || node.op == Op::is_type;
    return is_constant(node.first) && (unary || is_constant(node.second));
}

Node Program::constant_node(Value value) {
    Node node;
    node.first = static_cast<std::uint32_t>(constants_.size());
    constants_.push_back(value);
    return node;
}

Node Program::translate(const Policy& policy, const Expr& expr) {
    const ValueBuilder build(arena_);
    if (expr.kind == ExprKind::boolean) return constant_node(Value::boolean(expr.number != 0));
    if (expr.kind == ExprKind::integer) return constant_node(Value::integer(expr.number));
    if (expr.kind == ExprKind::string) return constant_node(build.string(expr.text));
    if (expr.kind == ExprKind::entity) return constant_node(build.entity(expr.text, expr.id));
    CHECK(expr.kind != ExprKind::slot);
    return translate_operator(policy, expr);
}

Node Program::translate_operator(const Policy& policy, const Expr& expr) {
    std::vector<NodeId> operands;
    for (const ExprId operand : expr.operands) operands.push_back(compile_node(policy, operand));
    Node node;
    node.op = operator_of(expr.kind);
    node.detail = static_cast<std::uint8_t>(expr.number);
    if (!operands.empty()) node.first = operands[0];
    if (operands.size() > 1) node.second = operands[1];
    if (operands.size() > 2) node.third = operands[2];
    const auto count = static_cast<std::uint32_t>(operands.size());
    if (node.op == Op::get_attribute || node.op == Op::is_type) {
        node.second = add_names({expr.text});
    } else if (node.op == Op::is_type_in) {
        node.third = operands[1];
        node.second = add_names({expr.text});
    } else if (node.op == Op::has_attribute || node.op == Op::like) {
        node.second = add_names(expr.names);
        node.third = static_cast<std::uint32_t>(expr.names.size());
    } else if (node.op == Op::set || node.op == Op::record || node.op == Op::call) {
        if (node.op == Op::record) node.first = add_names(expr.names);
        node.second = add_list(operands);
        node.third = count;
    }
    return node;
}

std::uint32_t Program::add_names(const std::vector<std::string>& names) {
    const auto first = static_cast<std::uint32_t>(names_.size());
    for (const std::string& name : names) names_.push_back(arena_.keep_text(name));
    return first;
}

std::uint32_t Program::add_list(const std::vector<NodeId>& nodes) {
    const auto first = static_cast<std::uint32_t>(lists_.size());
    lists_.insert(lists_.end(), nodes.begin(), nodes.end());
    return first;
}

}  // namespace hs::cedar::internal
