#include "cedar/ast.h"

#include <algorithm>
#include <array>

namespace hs::cedar {
namespace {

constexpr std::array<ExtensionSignature, extension_function_count> signatures = {{
    {"decimal", CallStyle::function, 1},
    {"lessThan", CallStyle::method, 2},
    {"lessThanOrEqual", CallStyle::method, 2},
    {"greaterThan", CallStyle::method, 2},
    {"greaterThanOrEqual", CallStyle::method, 2},
    {"ip", CallStyle::function, 1},
    {"isIpv4", CallStyle::method, 1},
    {"isIpv6", CallStyle::method, 1},
    {"isLoopback", CallStyle::method, 1},
    {"isMulticast", CallStyle::method, 1},
    {"isInRange", CallStyle::method, 2},
    {"datetime", CallStyle::function, 1},
    {"duration", CallStyle::function, 1},
    {"offset", CallStyle::method, 2},
    {"durationSince", CallStyle::method, 2},
    {"toDate", CallStyle::method, 1},
    {"toTime", CallStyle::method, 1},
    {"toMilliseconds", CallStyle::method, 1},
    {"toSeconds", CallStyle::method, 1},
    {"toMinutes", CallStyle::method, 1},
    {"toHours", CallStyle::method, 1},
    {"toDays", CallStyle::method, 1},
}};

bool same_constraint(const ScopeConstraint& a, const ScopeConstraint& b) {
    return a.kind == b.kind && a.is_slot == b.is_slot && a.entity == b.entity && a.type == b.type &&
           a.list == b.list;
}

bool same_annotations(const Policy& a, const Policy& b) {
    return std::equal(a.annotations.begin(), a.annotations.end(), b.annotations.begin(),
                      b.annotations.end(), [](const Annotation& x, const Annotation& y) {
                          return x.name == y.name && x.value == y.value &&
                                 x.has_value == y.has_value;
                      });
}

}  // namespace

const ExtensionSignature& extension_signature(ExtensionFunction function) {
    return signatures[static_cast<std::size_t>(function)];
}

std::optional<ExtensionFunction> find_extension_function(std::string_view name) {
    for (std::size_t i = 0; i < signatures.size(); ++i) {
        if (signatures[i].name == name) return static_cast<ExtensionFunction>(i);
    }
    return std::nullopt;
}

std::string_view variable_name(Variable variable) {
    switch (variable) {
        case Variable::principal:
            return "principal";
        case Variable::action:
            return "action";
        case Variable::resource:
            return "resource";
        case Variable::context:
            return "context";
    }
    return "";
}

std::string_view slot_name(Slot slot) {
    return slot == Slot::principal ? "?principal" : "?resource";
}

bool same_expression(const std::vector<Expr>& nodes_a, ExprId a, const std::vector<Expr>& nodes_b,
                     ExprId b) {
    const Expr& x = nodes_a[a];
    const Expr& y = nodes_b[b];
    if (x.kind != y.kind || x.number != y.number || x.text != y.text || x.id != y.id) return false;
    if (x.names != y.names || x.operands.size() != y.operands.size()) return false;
    for (std::size_t i = 0; i < x.operands.size(); ++i) {
        if (!same_expression(nodes_a, x.operands[i], nodes_b, y.operands[i])) return false;
    }
    return true;
}

const Annotation* Policy::find_annotation(std::string_view name) const {
    for (const Annotation& annotation : annotations) {
        if (annotation.name == name) return &annotation;
    }
    return nullptr;
}

bool same_policy(const Policy& a, const Policy& b) {
    if (a.effect != b.effect || !same_annotations(a, b)) return false;
    if (!same_constraint(a.principal, b.principal) || !same_constraint(a.action, b.action) ||
        !same_constraint(a.resource, b.resource)) {
        return false;
    }
    return std::equal(a.conditions.begin(), a.conditions.end(), b.conditions.begin(),
                      b.conditions.end(), [&](const Condition& x, const Condition& y) {
                          return x.kind == y.kind &&
                                 same_expression(a.nodes, x.body, b.nodes, y.body);
                      });
}

}  // namespace hs::cedar
