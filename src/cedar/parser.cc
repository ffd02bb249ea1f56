#include "cedar/parser.h"

#include <fmt/format.h>

#include <algorithm>

#include "cedar/internal/expression_parser.h"
#include "cedar/internal/token_stream.h"

namespace hs::cedar {
namespace {

using base::Result;
using internal::ExpressionParser;
using internal::TokenStream;

constexpr std::uint32_t scope_parentheses_max = 64;
constexpr std::size_t nodes_expected = 16;  // of most policies

class PolicyParser {
  public:
    PolicyParser(SourcePointer source, TokenStream& tokens, const TextLimits& limits)
        : source_(std::move(source)), tokens_(tokens), limits_(limits) {}

    Result<Policy> policy();

  private:
    Result<> annotations(Policy& policy);
    Result<Annotation> annotation();
    Result<> effect(Policy& policy);
    Result<> scope(Policy& policy);
    Result<> variable(Variable variable, ScopeConstraint& constraint);
    Result<> constraint_of(Variable variable, ScopeConstraint& constraint);
    Result<> reference(Variable variable, ScopeConstraint& constraint, std::uint32_t depth);
    Result<> slot(Variable variable, ScopeConstraint& constraint);
    Result<> action_list(ScopeConstraint& constraint);
    Result<EntityUid> parenthesised_uid(std::uint32_t depth);
    Result<> check_action_type(const ScopeConstraint& constraint, Span span);
    Result<> condition(Policy& policy);

    SourcePointer source_;
    TokenStream& tokens_;
    const TextLimits& limits_;
};

Result<Policy> PolicyParser::policy() {
    Policy policy;
    policy.source = source_;
    policy.span.begin = tokens_.peek().span.begin;
    TRY(annotations(policy));
    TRY(effect(policy));
    TRY(scope(policy));
    while (!tokens_.take_if(TokenKind::semicolon)) TRY(condition(policy));
    policy.span.end = tokens_.last_end();
    return policy;
}

Result<> PolicyParser::annotations(Policy& policy) {
    while (tokens_.is(TokenKind::at)) {
        Annotation found = TRY(annotation());
        if (policy.find_annotation(found.name) != nullptr) {
            return tokens_.refuse(found.span,
                                  fmt::format("the annotation @{} stands twice", found.name));
        }
        policy.annotations.push_back(std::move(found));
    }
    return {};
}

Result<Annotation> PolicyParser::annotation() {
    Annotation found;
    found.span.begin = tokens_.take().span.begin;
    const Token name = TRY(tokens_.expect(TokenKind::identifier, "after `@`"));
    found.name = source_->slice(name.span);
    found.has_value = tokens_.take_if(TokenKind::open_parenthesis);
    if (found.has_value) {
        const Token value = TRY(tokens_.expect(TokenKind::string, "as the annotation's value"));
        found.value = TRY(unescape(*source_, value.span));
        TRY(tokens_.expect(TokenKind::close_parenthesis, "after the annotation's value"));
    }
    found.span.end = tokens_.last_end();
    return found;
}

Result<> PolicyParser::effect(Policy& policy) {
    if (!tokens_.is_word("permit") && !tokens_.is_word("forbid")) {
        return tokens_.expected("`permit`, `forbid` or an annotation such as @id(\"…\")");
    }
    policy.effect = tokens_.text() == "permit" ? Effect::permit : Effect::forbid;
    tokens_.take();
    return {};
}

Result<> PolicyParser::scope(Policy& policy) {
    TRY(tokens_.expect(TokenKind::open_parenthesis, "before the scope"));
    TRY(variable(Variable::principal, policy.principal));
    TRY(tokens_.expect(TokenKind::comma, "and the action's scope"));
    TRY(variable(Variable::action, policy.action));
    TRY(tokens_.expect(TokenKind::comma, "and the resource's scope"));
    TRY(variable(Variable::resource, policy.resource));
    tokens_.take_if(TokenKind::comma);
    TRY(tokens_.expect(TokenKind::close_parenthesis, "after the resource's scope"));
    return {};
}

Result<> PolicyParser::variable(Variable variable, ScopeConstraint& constraint) {
    constraint.span.begin = tokens_.peek().span.begin;
    if (!tokens_.take_word_if(variable_name(variable))) {
        return tokens_.expected(fmt::format("`{}` (the scope is principal, action, resource)",
                                            variable_name(variable)));
    }
    TRY(constraint_of(variable, constraint));
    constraint.span.end = tokens_.last_end();
    return {};
}

Result<> PolicyParser::constraint_of(Variable variable, ScopeConstraint& constraint) {
    const Span word = tokens_.peek().span;
    if (tokens_.take_word_if("is")) {
        if (variable == Variable::action) {
            return tokens_.refuse(word, "`is` cannot constrain the action; expected `==` or `in`");
        }
        constraint.kind = ScopeKind::is_type;
        constraint.type = TRY(internal::parse_path(tokens_, "that names an entity type"));
        if (!tokens_.take_word_if("in")) return {};
        constraint.kind = ScopeKind::is_in;
        return reference(variable, constraint, 0);
    }
    if (tokens_.take_if(TokenKind::equal)) {
        constraint.kind = ScopeKind::equal;
        return reference(variable, constraint, 0);
    }
    if (tokens_.take_word_if("in")) {
        constraint.kind = ScopeKind::in;
        return reference(variable, constraint, 0);
    }
    if (!tokens_.is(TokenKind::comma) && !tokens_.is(TokenKind::close_parenthesis)) {
        return tokens_.expected("`==`, `in`, `is`, `,` or `)` in the scope");
    }
    return {};
}

Result<> PolicyParser::reference(Variable variable, ScopeConstraint& constraint,
                                 std::uint32_t depth) {
    if (depth < scope_parentheses_max && tokens_.take_if(TokenKind::open_parenthesis)) {
        TRY(reference(variable, constraint, depth + 1));
        TRY(tokens_.expect(TokenKind::close_parenthesis, "in the scope"));
        return {};
    }
    if (tokens_.is(TokenKind::question)) return slot(variable, constraint);
    if (tokens_.is(TokenKind::open_bracket)) {
        if (variable == Variable::action && constraint.kind == ScopeKind::in) {
            return action_list(constraint);
        }
        return tokens_.refuse(tokens_.peek().span,
                              "a list may only follow `action in`; expected one entity");
    }
    const Span place = tokens_.peek().span;
    constraint.entity = TRY(internal::parse_uid(tokens_));
    if (variable != Variable::action) return {};
    return check_action_type(constraint, {place.begin, tokens_.last_end()});
}

Result<> PolicyParser::slot(Variable variable, ScopeConstraint& constraint) {
    const Token mark = tokens_.take();
    const Token name = tokens_.peek();
    const bool joined = name.kind == TokenKind::identifier && name.span.begin == mark.span.end;
    if (variable == Variable::action) {
        return tokens_.refuse(mark.span, "the action has no slot; expected an entity");
    }
    if (!joined || tokens_.text() != variable_name(variable)) {
        return tokens_.refuse(mark.span, fmt::format("expected the slot ?{} or an entity here",
                                                     variable_name(variable)));
    }
    tokens_.take();
    constraint.is_slot = true;
    return {};
}

Result<EntityUid> PolicyParser::parenthesised_uid(std::uint32_t depth) {
    if (depth < scope_parentheses_max && tokens_.take_if(TokenKind::open_parenthesis)) {
        EntityUid uid = TRY(parenthesised_uid(depth + 1));
        TRY(tokens_.expect(TokenKind::close_parenthesis, "in the scope"));
        return uid;
    }
    return internal::parse_uid(tokens_);
}

Result<> PolicyParser::action_list(ScopeConstraint& constraint) {
    const Span open = tokens_.take().span;
    constraint.kind = ScopeKind::in_list;
    while (!tokens_.take_if(TokenKind::close_bracket)) {
        constraint.list.push_back(TRY(parenthesised_uid(0)));
        if (!tokens_.take_if(TokenKind::comma) && !tokens_.is(TokenKind::close_bracket)) {
            return tokens_.expected("`,` or `]` in the list of actions");
        }
    }
    return check_action_type(constraint, {open.begin, tokens_.last_end()});
}

// The type of an action is `Action` in any namespace.
Result<> PolicyParser::check_action_type(const ScopeConstraint& constraint, Span span) {
    const auto is_action = [](const EntityUid& uid) {
        return uid.type == "Action" || uid.type.ends_with("::Action");
    };
    const bool listed = constraint.kind == ScopeKind::in_list;
    const auto wrong = std::find_if_not(constraint.list.begin(), constraint.list.end(), is_action);
    if (listed ? wrong == constraint.list.end() : is_action(constraint.entity)) return {};
    return tokens_.refuse(span, fmt::format("{} is no action; expected an entity of type `Action`",
                                            to_text(listed ? *wrong : constraint.entity)));
}

Result<> PolicyParser::condition(Policy& policy) {
    Condition found;
    found.span.begin = tokens_.peek().span.begin;
    if (tokens_.take_word_if("unless")) {
        found.kind = ConditionKind::unless;
    } else if (!tokens_.take_word_if("when")) {
        return tokens_.expected("`when`, `unless` or `;` that ends the policy");
    }
    TRY(tokens_.expect(TokenKind::open_brace, "before the condition"));
    if (tokens_.is(TokenKind::close_brace)) {
        return tokens_.expected("an expression (a condition cannot be empty)");
    }
    policy.nodes.reserve(nodes_expected);
    ExpressionParser expressions(tokens_, policy.nodes, limits_.nesting_max);
    found.body = TRY(expressions.expression());
    TRY(tokens_.expect(TokenKind::close_brace, "or an operator"));
    found.span.end = tokens_.last_end();
    policy.conditions.push_back(found);
    return {};
}

}  // namespace

Result<std::vector<Policy>> parse_policies(SourcePointer source, const TextLimits& limits) {
    TokenStream tokens(*source, TRY(tokenize(*source, limits)));
    PolicyParser parser(source, tokens, limits);
    std::vector<Policy> policies;
    while (!tokens.is(TokenKind::end)) {
        Policy policy = TRY(parser.policy());
        policy.id = fmt::format("policy{}", policies.size());
        policies.push_back(std::move(policy));
    }
    return policies;
}

Result<std::vector<Policy>> parse_policies(std::string_view text, std::string_view name) {
    return parse_policies(std::make_shared<SourceText>(std::string(name), std::string(text)));
}

Result<Expression> parse_expression(SourcePointer source, const TextLimits& limits) {
    TokenStream tokens(*source, TRY(tokenize(*source, limits)));
    Expression parsed;
    ExpressionParser expressions(tokens, parsed.nodes, limits.nesting_max);
    parsed.root = TRY(expressions.expression());
    if (!tokens.is(TokenKind::end)) return tokens.expected("an operator or the end of the text");
    parsed.source = std::move(source);
    return parsed;
}

Result<EntityUid> parse_entity_uid(std::string_view text) {
    const SourceText source("entity", std::string(text));
    TokenStream tokens(source, TRY(tokenize(source)));
    EntityUid uid = TRY(internal::parse_uid(tokens));
    if (!tokens.is(TokenKind::end)) return tokens.expected("nothing after the entity");
    return uid;
}

}  // namespace hs::cedar
