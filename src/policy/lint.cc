#include "policy/lint.h"

#include <fmt/format.h>

#include "policy/canonical_time.h"
#include "policy/request.h"

namespace hs::policy {
namespace {

using cedar::Condition;
using cedar::ConditionKind;
using cedar::Expr;
using cedar::ExprId;
using cedar::ExprKind;
using cedar::Policy;
using cedar::ScopeConstraint;
using cedar::ScopeKind;

constexpr std::size_t pairs_max = 4'000'000;  // comparisons of rules with each other

enum class Polarity : std::uint8_t { growing, shrinking, mixed };

Polarity flipped(Polarity polarity) {
    if (polarity == Polarity::growing) return Polarity::shrinking;
    return polarity == Polarity::shrinking ? Polarity::growing : Polarity::mixed;
}

bool reads_consent(const Expr& node) {
    if (node.kind == ExprKind::get_attribute) {
        return node.text == "approved" || node.text == "approval";
    }
    return node.kind == ExprKind::has_attribute &&
           std::find(node.names.begin(), node.names.end(), "approval") != node.names.end();
}

// Is every reading of consent below the node of the wanted polarity? `approval.by in …` may only
// make its conjunct true when consent is there, so comparisons of it count as growing.
bool keeps_polarity(const Policy& policy, ExprId id, Polarity polarity, Polarity wanted) {
    const Expr& node = policy.node(id);
    if (reads_consent(node)) return polarity == wanted;
    Polarity below = polarity;
    switch (node.kind) {
        case ExprKind::logical_and:
        case ExprKind::logical_or:
        case ExprKind::get_attribute:
            break;
        case ExprKind::logical_not:
            below = flipped(polarity);
            break;
        case ExprKind::conditional:
            return keeps_polarity(policy, node.operands[0], Polarity::mixed, wanted) &&
                   keeps_polarity(policy, node.operands[1], polarity, wanted) &&
                   keeps_polarity(policy, node.operands[2], polarity, wanted);
        case ExprKind::equal:
        case ExprKind::not_equal:
        case ExprKind::in:
        case ExprKind::contains: {
            // Facts of the consent itself are behind `has approval` or an error without it.
            const bool is_approval =
                std::any_of(node.operands.begin(), node.operands.end(), [&](ExprId operand) {
                    const Expr& part = policy.node(operand);
                    return part.kind == ExprKind::get_attribute && !part.operands.empty() &&
                           policy.node(part.operands[0]).kind == ExprKind::get_attribute &&
                           policy.node(part.operands[0]).text == "approval";
                });
            if (!is_approval) below = Polarity::mixed;
            break;
        }
        case ExprKind::boolean:
        case ExprKind::integer:
        case ExprKind::string:
        case ExprKind::entity:
        case ExprKind::variable:
        case ExprKind::slot:
            return true;
        case ExprKind::negate:
        case ExprKind::less:
        case ExprKind::less_equal:
        case ExprKind::greater:
        case ExprKind::greater_equal:
        case ExprKind::add:
        case ExprKind::subtract:
        case ExprKind::multiply:
        case ExprKind::contains_all:
        case ExprKind::contains_any:
        case ExprKind::get_tag:
        case ExprKind::has_tag:
        case ExprKind::is_empty:
        case ExprKind::has_attribute:
        case ExprKind::like:
        case ExprKind::is_type:
        case ExprKind::is_type_in:
        case ExprKind::set:
        case ExprKind::record:
        case ExprKind::call:
            below = Polarity::mixed;
            break;
    }
    return std::all_of(node.operands.begin(), node.operands.end(), [&](ExprId operand) {
        return keeps_polarity(policy, operand, below, wanted);
    });
}

// Consent may make a permit apply and a forbid not apply, never the other way round.
bool consent_only_helps(const Policy& policy) {
    const Polarity wanted =
        policy.effect == cedar::Effect::permit ? Polarity::growing : Polarity::shrinking;
    return std::all_of(
        policy.conditions.begin(), policy.conditions.end(), [&](const Condition& condition) {
            const Polarity start =
                condition.kind == ConditionKind::when ? Polarity::growing : Polarity::shrinking;
            return keeps_polarity(policy, condition.body, start, wanted);
        });
}

bool is_now(const Policy& policy, ExprId id) {
    const Expr& node = policy.node(id);
    if (node.kind != ExprKind::get_attribute || node.text != "now") return false;
    const Expr& base = policy.node(node.operands[0]);
    return base.kind == ExprKind::get_attribute && base.text == "base" &&
           policy.node(base.operands[0]).kind == ExprKind::variable;
}

// The time T of a conjunct `context.base.now < datetime("T")`.
std::optional<base::WallTime_ms> end_in(const Policy& policy, ExprId id) {
    const Expr& node = policy.node(id);
    if (node.kind == ExprKind::logical_and) {
        const auto left = end_in(policy, node.operands[0]);
        const auto right = end_in(policy, node.operands[1]);
        if (left && right) return std::min(*left, *right);
        return left ? left : right;
    }
    if (node.kind != ExprKind::less || !is_now(policy, node.operands[0])) return std::nullopt;
    const Expr& call = policy.node(node.operands[1]);
    const bool is_datetime =
        call.kind == ExprKind::call &&
        call.number == static_cast<std::int64_t>(cedar::ExtensionFunction::datetime);
    if (!is_datetime || policy.node(call.operands[0]).kind != ExprKind::string) return std::nullopt;
    const auto time = parse_time(policy.node(call.operands[0]).text);
    return time ? std::optional(*time) : std::nullopt;
}

std::optional<base::WallTime_ms> end_of(const Policy& policy) {
    std::optional<base::WallTime_ms> earliest;
    for (const Condition& condition : policy.conditions) {
        if (condition.kind != ConditionKind::when) continue;
        const auto end = end_in(policy, condition.body);
        if (end && (!earliest || *end < *earliest)) earliest = end;
    }
    return earliest;
}

bool same_conditions(const Policy& a, const Policy& b) {
    if (a.conditions.size() != b.conditions.size()) return false;
    for (std::size_t i = 0; i < a.conditions.size(); ++i) {
        if (a.conditions[i].kind != b.conditions[i].kind) return false;
        if (!cedar::same_expression(a.nodes, a.conditions[i].body, b.nodes, b.conditions[i].body)) {
            return false;
        }
    }
    return true;
}

// Does the wide constraint surely hold wherever the narrow one does?
bool covers(const ScopeConstraint& wide, const ScopeConstraint& narrow) {
    const auto has = [](const ScopeConstraint& list, const cedar::EntityUid& uid) {
        return std::find(list.list.begin(), list.list.end(), uid) != list.list.end();
    };
    switch (wide.kind) {
        case ScopeKind::any:
            return true;
        case ScopeKind::equal:
            return narrow.kind == ScopeKind::equal && wide.entity == narrow.entity;
        case ScopeKind::in:
            return (narrow.kind == ScopeKind::equal || narrow.kind == ScopeKind::in ||
                    narrow.kind == ScopeKind::is_in) &&
                   wide.entity == narrow.entity;
        case ScopeKind::is_type:
            if (narrow.kind == ScopeKind::equal) return narrow.entity.type == wide.type;
            return (narrow.kind == ScopeKind::is_type || narrow.kind == ScopeKind::is_in) &&
                   wide.type == narrow.type;
        case ScopeKind::is_in:
            return narrow.kind == ScopeKind::is_in && wide.type == narrow.type &&
                   wide.entity == narrow.entity;
        case ScopeKind::in_list:
            if (narrow.kind == ScopeKind::equal || narrow.kind == ScopeKind::in) {
                return has(wide, narrow.entity);
            }
            return narrow.kind == ScopeKind::in_list &&
                   std::all_of(narrow.list.begin(), narrow.list.end(),
                               [&](const cedar::EntityUid& uid) { return has(wide, uid); });
    }
    return false;
}

bool covers(const Policy& wide, const Policy& narrow) {
    if (!covers(wide.principal, narrow.principal) || !covers(wide.action, narrow.action) ||
        !covers(wide.resource, narrow.resource)) {
        return false;
    }
    return wide.conditions.empty() || same_conditions(wide, narrow);
}

bool obliges_nothing(const Rule& rule) {
    return rule.sandbox.empty() && rule.redact.empty() && rule.egress.empty() && !rule.ttl_ms &&
           !rule.log;
}

class Linter {
  public:
    Linter(std::span<const Policy> policies, std::span<const Rule> rules, base::WallTime_ms now_ms)
        : policies_(policies), rules_(rules), now_ms_(now_ms) {}

    std::vector<LintFinding> run() {
        for (const Policy& policy : policies_) {
            marks_.push_back({mark(policy.principal), mark(policy.resource)});
        }
        for (std::size_t i = 0; i < policies_.size(); ++i) check_one(i);
        check_pairs();
        return std::move(findings_);
    }

  private:
    // Tells most pairs apart without comparing texts: a rule about one entity covers only rules
    // about the same one. Zero is a rule about more than one.
    struct Marks {
        std::size_t principal = 0;
        std::size_t resource = 0;
        bool rules_out(const Marks& narrow) const {
            return (principal != 0 && principal != narrow.principal) ||
                   (resource != 0 && resource != narrow.resource);
        }
    };
    static std::size_t mark(const ScopeConstraint& scope) {
        if (scope.kind != ScopeKind::equal) return 0;
        return std::hash<std::string>()(scope.entity.id) | 1U;
    }

    void add(Severity severity, std::size_t index, const std::string& what) {
        const Rule& rule = rules_[index];
        findings_.push_back(
            {severity, rule.id, fmt::format("{}:{}: {}: {}", rule.file, rule.line, rule.id, what)});
    }

    void check_one(std::size_t i) {
        const Policy& policy = policies_[i];
        const Rule& rule = rules_[i];
        if (!consent_only_helps(policy)) {
            add(Severity::error, i, "a person's consent could remove a permission");
        }
        const auto end = end_of(policy);
        if (!rule.justification.empty() && rule.effect == cedar::Effect::permit && !end) {
            add(Severity::error, i,
                "an exception needs an end: when { context.base.now < datetime(\"…\") }");
        }
        if (!rule.justification.empty() && rule.owner.empty()) {
            add(Severity::error, i, "an exception needs an @owner");
        }
        if (rule.expires_ms && end != rule.expires_ms) {
            add(Severity::error, i, "@expires and the condition on context.base.now do not agree");
        }
        if (end && *end <= now_ms_) add(Severity::warning, i, "the rule has expired; remove it");
        if (rule.effect == cedar::Effect::forbid && rule.reason.empty() && rule.ask.empty()) {
            add(Severity::warning, i, "a forbid without @reason or @ask tells nobody why");
        }
    }

    // A rule covers another only if it has no condition or the same ones, so only those are
    // compared.
    void check_pairs() {
        std::map<std::pair<std::size_t, std::size_t>, std::vector<std::size_t>> alike;
        std::vector<std::size_t> unconditional;
        for (std::size_t i = 0; i < policies_.size(); ++i) {
            if (policies_[i].conditions.empty()) unconditional.push_back(i);
            alike[{policies_[i].conditions.size(), policies_[i].nodes.size()}].push_back(i);
        }
        std::size_t pairs = 0;
        for (std::size_t narrow = 0; narrow < policies_.size(); ++narrow) {
            const Policy& policy = policies_[narrow];
            const auto& same = alike[{policy.conditions.size(), policy.nodes.size()}];
            pairs += unconditional.size() + same.size();
            if (pairs > pairs_max) return;
            if (!check_against(unconditional, narrow) && !policy.conditions.empty()) {
                check_against(same, narrow);
            }
        }
    }

    bool check_against(const std::vector<std::size_t>& candidates, std::size_t narrow) {
        return std::any_of(candidates.begin(), candidates.end(), [&](std::size_t wide) {
            return wide != narrow && check_pair(wide, narrow);
        });
    }

    // Says so and stops at the first rule that makes the narrow one pointless.
    bool check_pair(std::size_t wide, std::size_t narrow) {
        if (marks_[wide].rules_out(marks_[narrow])) return false;
        const Policy& a = policies_[wide];
        const Policy& b = policies_[narrow];
        if (!covers(a, b)) return false;
        const bool is_forbid = a.effect == cedar::Effect::forbid;
        if (a.effect != b.effect) {
            if (!is_forbid) return false;
            add(Severity::warning, narrow,
                "never grants, because " + rules_[wide].id + " forbids it");
            return true;
        }
        // Of two equal rules the later one is named.
        if (covers(b, a) && wide > narrow) return false;
        if (!is_forbid && (!obliges_nothing(rules_[wide]) || !obliges_nothing(rules_[narrow]))) {
            return false;
        }
        if (rules_[wide].layer > rules_[narrow].layer) return false;
        add(Severity::warning, narrow, "decides nothing beyond " + rules_[wide].id);
        return true;
    }

    std::span<const Policy> policies_;
    std::span<const Rule> rules_;
    base::WallTime_ms now_ms_;
    std::vector<Marks> marks_;
    std::vector<LintFinding> findings_;
};

}  // namespace

std::vector<LintFinding> lint(std::span<const Policy> policies, std::span<const Rule> rules,
                              base::WallTime_ms now_ms) {
    CHECK(policies.size() == rules.size());
    return Linter(policies, rules, now_ms).run();
}

std::set<std::string> exception_names(std::span<const Policy> policies) {
    std::set<std::string> names;
    for (const Policy& policy : policies) {
        if (policy.effect != cedar::Effect::forbid) continue;
        for (const Expr& node : policy.nodes) {
            if (node.kind == ExprKind::entity && node.text == type_exception) names.insert(node.id);
        }
    }
    return names;
}

}  // namespace hs::policy
