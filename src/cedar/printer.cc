#include "cedar/printer.h"

#include "cedar/name.h"

namespace hs::cedar {
namespace {

// How tightly an expression binds; an operand that binds less is put into parentheses.
enum Binding : int { loose, disjunction, conjunction, relation, sum, product, unary, member };

struct OperatorText {
    ExprKind kind;
    std::string_view text;
    Binding binding;
    Binding left;
    Binding right;
};

constexpr std::array<OperatorText, 12> operators = {{
    {ExprKind::logical_or, " || ", disjunction, disjunction, conjunction},
    {ExprKind::logical_and, " && ", conjunction, conjunction, relation},
    {ExprKind::equal, " == ", relation, sum, sum},
    {ExprKind::not_equal, " != ", relation, sum, sum},
    {ExprKind::less, " < ", relation, sum, sum},
    {ExprKind::less_equal, " <= ", relation, sum, sum},
    {ExprKind::greater, " > ", relation, sum, sum},
    {ExprKind::greater_equal, " >= ", relation, sum, sum},
    {ExprKind::in, " in ", relation, sum, sum},
    {ExprKind::add, " + ", sum, sum, product},
    {ExprKind::subtract, " - ", sum, sum, product},
    {ExprKind::multiply, " * ", product, product, unary},
}};

const OperatorText* find_operator(ExprKind kind) {
    for (const OperatorText& entry : operators) {
        if (entry.kind == kind) return &entry;
    }
    return nullptr;
}

std::string_view method_name(ExprKind kind) {
    if (kind == ExprKind::contains) return "contains";
    if (kind == ExprKind::contains_all) return "containsAll";
    if (kind == ExprKind::contains_any) return "containsAny";
    if (kind == ExprKind::is_empty) return "isEmpty";
    if (kind == ExprKind::get_tag) return "getTag";
    if (kind == ExprKind::has_tag) return "hasTag";
    return {};
}

Binding binding_of(const Expr& expr) {
    if (const OperatorText* entry = find_operator(expr.kind)) return entry->binding;
    if (expr.kind == ExprKind::conditional) return loose;
    if (expr.kind == ExprKind::integer) return expr.number < 0 ? unary : member;
    if (expr.kind == ExprKind::logical_not || expr.kind == ExprKind::negate) return unary;
    const bool relates = expr.kind == ExprKind::has_attribute || expr.kind == ExprKind::like ||
                         expr.kind == ExprKind::is_type || expr.kind == ExprKind::is_type_in;
    return relates ? relation : member;
}

void append_name(std::string& out, std::string_view name) {
    if (is_identifier(name)) {
        out += name;
    } else {
        append_quoted(out, name);
    }
}

class ExpressionPrinter {
  public:
    ExpressionPrinter(const std::vector<Expr>& nodes, std::string& out)
        : nodes_(nodes), out_(out) {}

    void print(ExprId id, Binding wanted) {
        const Expr& expr = nodes_[id];
        const bool parentheses = binding_of(expr) < wanted;
        if (parentheses) out_ += '(';
        print_bare(expr);
        if (parentheses) out_ += ')';
    }

  private:
    void print_bare(const Expr& expr) {
        if (const OperatorText* entry = find_operator(expr.kind)) {
            print(expr.operands[0], entry->left);
            out_ += entry->text;
            print(expr.operands[1], entry->right);
            return;
        }
        if (const std::string_view name = method_name(expr.kind); !name.empty()) {
            print_method(expr, name);
            return;
        }
        if (expr.operands.empty() && print_leaf(expr)) return;
        for (const auto& [kind, print_kind] : printers) {
            if (kind == expr.kind) return (this->*print_kind)(expr);
        }
    }

    bool print_leaf(const Expr& expr) {
        if (expr.kind == ExprKind::boolean) {
            out_ += expr.number != 0 ? "true" : "false";
        } else if (expr.kind == ExprKind::integer) {
            out_ += std::to_string(expr.number);
        } else if (expr.kind == ExprKind::string) {
            append_quoted(out_, expr.text);
        } else if (expr.kind == ExprKind::entity) {
            out_ += to_text(EntityUid{expr.text, expr.id});
        } else if (expr.kind == ExprKind::variable) {
            out_ += variable_name(static_cast<Variable>(expr.number));
        } else if (expr.kind == ExprKind::slot) {
            out_ += slot_name(static_cast<Slot>(expr.number));
        } else {
            return false;
        }
        return true;
    }

    void print_not(const Expr& expr) { print_prefix('!', expr); }
    void print_negate(const Expr& expr) { print_prefix('-', expr); }
    void print_set(const Expr& expr) { print_list('[', expr.operands, 0, ']'); }

    void print_list(char open, const std::vector<ExprId>& items, std::size_t first, char close) {
        out_ += open;
        for (std::size_t i = first; i < items.size(); ++i) {
            if (i > first) out_ += ", ";
            print(items[i], loose);
        }
        out_ += close;
    }

    void print_method(const Expr& expr, std::string_view name) {
        print(expr.operands[0], member);
        out_ += '.';
        out_ += name;
        print_list('(', expr.operands, 1, ')');
    }

    void print_call(const Expr& expr) {
        const auto& signature = extension_signature(static_cast<ExtensionFunction>(expr.number));
        if (signature.style == CallStyle::method) {
            print_method(expr, signature.name);
            return;
        }
        out_ += signature.name;
        print_list('(', expr.operands, 0, ')');
    }

    void print_conditional(const Expr& expr) {
        out_ += "if ";
        print(expr.operands[0], loose);
        out_ += " then ";
        print(expr.operands[1], loose);
        out_ += " else ";
        print(expr.operands[2], loose);
    }

    // A minus right before a number would become part of the literal.
    void print_prefix(char prefix, const Expr& expr) {
        const bool is_number = nodes_[expr.operands[0]].kind == ExprKind::integer;
        out_ += prefix;
        if (is_number) out_ += '(';
        print(expr.operands[0], is_number ? loose : member);
        if (is_number) out_ += ')';
    }

    void print_access(const Expr& expr) {
        print(expr.operands[0], member);
        const bool plain = is_identifier(expr.text);
        out_ += plain ? '.' : '[';
        append_name(out_, expr.text);
        if (!plain) out_ += ']';
    }

    void print_has(const Expr& expr) {
        print(expr.operands[0], sum);
        out_ += " has ";
        for (std::size_t i = 0; i < expr.names.size(); ++i) {
            if (i > 0) out_ += '.';
            append_name(out_, expr.names[i]);
        }
    }

    void print_like(const Expr& expr) {
        print(expr.operands[0], sum);
        out_ += " like \"";
        for (std::size_t i = 0; i < expr.names.size(); ++i) {
            if (i > 0) out_ += '*';
            const std::string part = quoted(expr.names[i]);
            for (const char c : std::string_view(part).substr(1, part.size() - 2)) {
                if (c == '*') out_ += '\\';
                out_ += c;
            }
        }
        out_ += '"';
    }

    void print_is(const Expr& expr) {
        print(expr.operands[0], sum);
        out_ += " is ";
        out_ += expr.text;
        if (expr.kind != ExprKind::is_type_in) return;
        out_ += " in ";
        print(expr.operands[1], sum);
    }

    void print_record(const Expr& expr) {
        out_ += '{';
        for (std::size_t i = 0; i < expr.operands.size(); ++i) {
            if (i > 0) out_ += ", ";
            append_name(out_, expr.names[i]);
            out_ += ": ";
            print(expr.operands[i], loose);
        }
        out_ += '}';
    }

    using Print = void (ExpressionPrinter::*)(const Expr&);
    static const std::array<std::pair<ExprKind, Print>, 11> printers;

    const std::vector<Expr>& nodes_;
    std::string& out_;
};

const std::array<std::pair<ExprKind, ExpressionPrinter::Print>, 11> ExpressionPrinter::printers = {{
    {ExprKind::conditional, &ExpressionPrinter::print_conditional},
    {ExprKind::logical_not, &ExpressionPrinter::print_not},
    {ExprKind::negate, &ExpressionPrinter::print_negate},
    {ExprKind::get_attribute, &ExpressionPrinter::print_access},
    {ExprKind::has_attribute, &ExpressionPrinter::print_has},
    {ExprKind::like, &ExpressionPrinter::print_like},
    {ExprKind::is_type, &ExpressionPrinter::print_is},
    {ExprKind::is_type_in, &ExpressionPrinter::print_is},
    {ExprKind::set, &ExpressionPrinter::print_set},
    {ExprKind::record, &ExpressionPrinter::print_record},
    {ExprKind::call, &ExpressionPrinter::print_call},
}};

void append_reference(std::string& out, const ScopeConstraint& constraint, Slot slot) {
    out += constraint.is_slot ? std::string(slot_name(slot)) : to_text(constraint.entity);
}

void append_action_list(std::string& out, const ScopeConstraint& constraint) {
    out += " in [";
    for (std::size_t i = 0; i < constraint.list.size(); ++i) {
        if (i > 0) out += ", ";
        out += to_text(constraint.list[i]);
    }
    out += ']';
}

void append_constraint(std::string& out, Variable variable, const ScopeConstraint& constraint) {
    const Slot slot = variable == Variable::resource ? Slot::resource : Slot::principal;
    out += variable_name(variable);
    switch (constraint.kind) {
        case ScopeKind::any:
            return;
        case ScopeKind::equal:
            out += " == ";
            break;
        case ScopeKind::in:
            out += " in ";
            break;
        case ScopeKind::is_type:
            out += " is " + constraint.type;
            return;
        case ScopeKind::is_in:
            out += " is " + constraint.type + " in ";
            break;
        case ScopeKind::in_list:
            append_action_list(out, constraint);
            return;
    }
    append_reference(out, constraint, slot);
}

void append_annotation(std::string& out, const Annotation& annotation) {
    out += '@';
    out += annotation.name;
    if (annotation.has_value) {
        out += '(';
        append_quoted(out, annotation.value);
        out += ')';
    }
    out += '\n';
}

}  // namespace

std::string print_expression(const std::vector<Expr>& nodes, ExprId root) {
    std::string out;
    ExpressionPrinter(nodes, out).print(root, loose);
    return out;
}

std::string print_policy(const Policy& policy) {
    std::string out;
    for (const Annotation& annotation : policy.annotations) append_annotation(out, annotation);
    out += policy.effect == Effect::permit ? "permit(" : "forbid(";
    append_constraint(out, Variable::principal, policy.principal);
    out += ", ";
    append_constraint(out, Variable::action, policy.action);
    out += ", ";
    append_constraint(out, Variable::resource, policy.resource);
    out += ')';
    for (const Condition& condition : policy.conditions) {
        out += condition.kind == ConditionKind::when ? "\nwhen { " : "\nunless { ";
        out += print_expression(policy.nodes, condition.body);
        out += " }";
    }
    out += ";\n";
    return out;
}

std::string print_policies(std::span<const Policy> policies) {
    std::string out;
    for (const Policy& policy : policies) {
        if (!out.empty()) out += '\n';
        out += print_policy(policy);
    }
    return out;
}

}  // namespace hs::cedar
