#include "cedar/internal/expression_parser.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <limits>

namespace hs::cedar::internal {
namespace {

using base::Result;

constexpr std::uint32_t repeated_operators_max = 4;  // grammar reference: `!` and `-`

struct RelationWord {
    TokenKind token;
    ExprKind kind;
};
constexpr std::array<RelationWord, 6> relations = {{
    {TokenKind::equal, ExprKind::equal},
    {TokenKind::not_equal, ExprKind::not_equal},
    {TokenKind::less, ExprKind::less},
    {TokenKind::less_equal, ExprKind::less_equal},
    {TokenKind::greater, ExprKind::greater},
    {TokenKind::greater_equal, ExprKind::greater_equal},
}};

std::optional<ExprKind> relation_at(const TokenStream& tokens) {
    for (const RelationWord& word : relations) {
        if (tokens.is(word.token)) return word.kind;
    }
    if (tokens.is_word("in")) return ExprKind::in;
    return std::nullopt;
}

bool relation_word_at(const TokenStream& tokens) {
    return relation_at(tokens) || tokens.is_word("has") || tokens.is_word("like") ||
           tokens.is_word("is") || tokens.is(TokenKind::assign);
}

struct BuiltinMethod {
    std::string_view name;
    ExprKind kind;
    std::size_t arguments;
};
constexpr std::array<BuiltinMethod, 6> builtin_methods = {{
    {"contains", ExprKind::contains, 1},
    {"containsAll", ExprKind::contains_all, 1},
    {"containsAny", ExprKind::contains_any, 1},
    {"isEmpty", ExprKind::is_empty, 0},
    {"getTag", ExprKind::get_tag, 1},
    {"hasTag", ExprKind::has_tag, 1},
}};

const BuiltinMethod* find_builtin_method(std::string_view name) {
    for (const BuiltinMethod& method : builtin_methods) {
        if (method.name == name) return &method;
    }
    return nullptr;
}

std::optional<Variable> find_variable(std::string_view name) {
    for (const Variable variable :
         {Variable::principal, Variable::action, Variable::resource, Variable::context}) {
        if (variable_name(variable) == name) return variable;
    }
    return std::nullopt;
}

}  // namespace

Result<std::string> parse_path(TokenStream& tokens, std::string_view purpose) {
    std::string path = TRY(tokens.identifier(purpose));
    while (tokens.is(TokenKind::double_colon) && tokens.peek(1).kind == TokenKind::identifier) {
        tokens.take();
        path += "::";
        path += TRY(tokens.identifier(purpose));
    }
    return path;
}

Result<EntityUid> parse_uid(TokenStream& tokens) {
    EntityUid uid;
    uid.type = TRY(parse_path(tokens, "that begins an entity such as `User::\"alice\"`"));
    TRY(tokens.expect(TokenKind::double_colon, "and the quoted id of the entity"));
    const Token id = TRY(tokens.expect(TokenKind::string, "with the id of the entity"));
    uid.id = TRY(unescape(tokens.source(), id.span));
    return uid;
}

Result<ExprId> ExpressionParser::add(Expr node) {
    std::uint32_t height = 0;
    for (const ExprId operand : node.operands) height = std::max(height, nodes_[operand].height);
    node.height = height + 1;
    if (node.height > expression_depth_max) {
        return tokens_.refuse(node.span,
                              fmt::format("the expression is nested deeper than {} operators; "
                                          "split it into several conditions or policies",
                                          expression_depth_max));
    }
    nodes_.push_back(std::move(node));
    return static_cast<ExprId>(nodes_.size() - 1);
}

Result<ExprId> ExpressionParser::binary(ExprKind kind, ExprId left, ExprId right) {
    Expr node;
    node.kind = kind;
    node.span = {nodes_[left].span.begin, std::max(nodes_[right].span.end, tokens_.last_end())};
    node.operands = {left, right};
    return add(std::move(node));
}

Result<ExprId> ExpressionParser::expression() {
    if (nesting_ >= nesting_max_) {
        return tokens_.refuse(
            tokens_.peek().span,
            fmt::format("the text is nested deeper than {} brackets; simplify it", nesting_max_));
    }
    ++nesting_;
    Parsed parsed = tokens_.is_word("if") && tokens_.peek(1).kind != TokenKind::double_colon
                        ? conditional()
                        : disjunction();
    --nesting_;
    return parsed;
}

Result<ExprId> ExpressionParser::conditional() {
    Expr node;
    node.kind = ExprKind::conditional;
    node.span.begin = tokens_.take().span.begin;
    node.operands.push_back(TRY(expression()));
    if (!tokens_.take_word_if("then")) return tokens_.expected("`then` after the test of `if`");
    node.operands.push_back(TRY(expression()));
    if (!tokens_.take_word_if("else")) return tokens_.expected("`else` after the `then` part");
    node.operands.push_back(TRY(expression()));
    node.span.end = tokens_.last_end();
    return add(std::move(node));
}

Result<ExprId> ExpressionParser::disjunction() {
    ExprId left = TRY(conjunction());
    while (tokens_.take_if(TokenKind::logical_or)) {
        const ExprId right = TRY(conjunction());
        left = TRY(binary(ExprKind::logical_or, left, right));
    }
    return left;
}

Result<ExprId> ExpressionParser::conjunction() {
    ExprId left = TRY(relation());
    while (tokens_.take_if(TokenKind::logical_and)) {
        const ExprId right = TRY(relation());
        left = TRY(binary(ExprKind::logical_and, left, right));
    }
    return left;
}

Result<ExprId> ExpressionParser::relation() {
    const ExprId left = TRY(sum());
    if (!relation_word_at(tokens_)) return left;
    const ExprId whole = TRY(relation_after(left));
    if (relation_word_at(tokens_)) {
        return tokens_.refuse(tokens_.peek().span,
                              "relations do not chain; expected parentheses that say which of the "
                              "two comes first");
    }
    return whole;
}

Result<ExprId> ExpressionParser::relation_after(ExprId left) {
    if (tokens_.take_word_if("has")) return has_after(left);
    if (tokens_.take_word_if("like")) return like_after(left);
    if (tokens_.take_word_if("is")) return is_after(left);
    if (tokens_.is(TokenKind::assign)) {
        return tokens_.refuse(tokens_.peek().span, "`=` is no operator; expected `==`");
    }
    const std::optional<ExprKind> kind = relation_at(tokens_);
    tokens_.take();
    const ExprId right = TRY(sum());
    return binary(*kind, left, right);
}

Result<ExprId> ExpressionParser::has_after(ExprId left) {
    Expr node;
    node.kind = ExprKind::has_attribute;
    node.operands = {left};
    if (tokens_.is(TokenKind::string)) {
        node.names.push_back(TRY(unescape(tokens_.source(), tokens_.take().span)));
    } else {
        constexpr std::string_view purpose = "or a string with the attribute's name after `has`";
        node.names.push_back(TRY(tokens_.identifier(purpose)));
        while (tokens_.take_if(TokenKind::dot)) {
            node.names.push_back(TRY(tokens_.identifier("after `.`")));
            if (node.names.size() > expression_depth_max) {
                return tokens_.refuse(tokens_.peek().span, "this path of attributes is too long");
            }
        }
    }
    node.span = {nodes_[left].span.begin, tokens_.last_end()};
    return add(std::move(node));
}

Result<ExprId> ExpressionParser::like_after(ExprId left) {
    const Token pattern = TRY(tokens_.expect(TokenKind::string, "with a pattern after `like`"));
    Expr node;
    node.kind = ExprKind::like;
    node.operands = {left};
    node.names = TRY(unescape_pattern(tokens_.source(), pattern.span));
    node.span = {nodes_[left].span.begin, tokens_.last_end()};
    return add(std::move(node));
}

Result<ExprId> ExpressionParser::is_after(ExprId left) {
    Expr node;
    node.kind = ExprKind::is_type;
    node.operands = {left};
    node.text = TRY(parse_path(tokens_, "that names an entity type after `is`"));
    if (tokens_.is(TokenKind::double_colon)) {
        return tokens_.expected("an entity type after `is`, not an entity");
    }
    if (tokens_.take_word_if("in")) {
        node.kind = ExprKind::is_type_in;
        node.operands.push_back(TRY(sum()));
    }
    node.span = {nodes_[left].span.begin, tokens_.last_end()};
    return add(std::move(node));
}

Result<ExprId> ExpressionParser::sum() {
    ExprId left = TRY(product());
    while (tokens_.is(TokenKind::plus) || tokens_.is(TokenKind::minus)) {
        const bool plus = tokens_.take().kind == TokenKind::plus;
        const ExprId right = TRY(product());
        left = TRY(binary(plus ? ExprKind::add : ExprKind::subtract, left, right));
    }
    return left;
}

Result<ExprId> ExpressionParser::product() {
    ExprId left = TRY(unary());
    while (true) {
        if (tokens_.is(TokenKind::slash) || tokens_.is(TokenKind::percent)) {
            return tokens_.refuse(tokens_.peek().span,
                                  "Cedar has neither division nor remainder; expected `*`, `+`, "
                                  "`-` or the end of the expression");
        }
        if (!tokens_.take_if(TokenKind::star)) return left;
        const ExprId right = TRY(unary());
        left = TRY(binary(ExprKind::multiply, left, right));
    }
}

Result<ExprId> ExpressionParser::unary() {
    if (tokens_.is(TokenKind::exclamation)) return repeated_not(tokens_.peek().span.begin);
    if (tokens_.is(TokenKind::minus)) return repeated_minus(tokens_.peek().span.begin);
    return member();
}

// Pairs of `!` keep one pair, so that the operand is still required to be a bool.
Result<ExprId> ExpressionParser::repeated_not(std::uint32_t begin) {
    std::uint32_t count = 0;
    while (tokens_.is(TokenKind::exclamation)) {
        const Token token = tokens_.take();
        if (++count > repeated_operators_max) {
            return tokens_.refuse(token.span, "at most four `!` may stand in a row");
        }
    }
    ExprId operand = TRY(member());
    const std::uint32_t kept = count % 2 == 0 ? 2 : 1;
    for (std::uint32_t i = 0; i < kept; ++i) {
        Expr node;
        node.kind = ExprKind::logical_not;
        node.span = {begin, tokens_.last_end()};
        node.operands = {operand};
        operand = TRY(add(std::move(node)));
    }
    return operand;
}

// A minus right before a number without accesses belongs to the literal.
Result<ExprId> ExpressionParser::repeated_minus(std::uint32_t begin) {
    std::uint32_t count = 0;
    std::uint32_t last = begin;
    while (tokens_.is(TokenKind::minus)) {
        const Token token = tokens_.take();
        last = token.span.begin;
        if (++count > repeated_operators_max) {
            return tokens_.refuse(token.span, "at most four `-` may stand in a row");
        }
    }
    const TokenKind after = tokens_.peek(1).kind;
    const bool accessed = after == TokenKind::dot || after == TokenKind::open_bracket ||
                          after == TokenKind::open_parenthesis;
    ExprId operand = 0;
    if (tokens_.is(TokenKind::number) && !accessed) {
        const Token token = tokens_.take();
        constexpr std::uint64_t magnitude_max = std::uint64_t{1} << 63U;
        operand = TRY(literal_integer(token, magnitude_max, last));
        --count;
    } else {
        operand = TRY(member());
    }
    for (std::uint32_t i = 0; i < count; ++i) {
        Expr node;
        node.kind = ExprKind::negate;
        node.span = {begin, tokens_.last_end()};
        node.operands = {operand};
        operand = TRY(add(std::move(node)));
    }
    return operand;
}

// magnitude_max beyond INT64_MAX means that a minus belongs to the literal.
Result<ExprId> ExpressionParser::literal_integer(const Token& token, std::uint64_t magnitude_max,
                                                 std::uint32_t begin) {
    const std::string_view digits = tokens_.source().slice(token.span);
    std::uint64_t magnitude = 0;
    const auto [end, bad] =
        std::from_chars(digits.data(), digits.data() + digits.size(), magnitude);
    if (bad != std::errc{} || magnitude > magnitude_max) {
        return tokens_.refuse(token.span,
                              "this integer is too large; the range is "
                              "-9223372036854775808 to 9223372036854775807");
    }
    constexpr std::uint64_t largest = std::numeric_limits<std::int64_t>::max();
    const bool negative = magnitude_max > largest;
    Expr node;
    node.kind = ExprKind::integer;
    node.span = {begin, token.span.end};
    node.number = static_cast<std::int64_t>(negative ? 0 - magnitude : magnitude);
    return add(std::move(node));
}

Result<ExprId> ExpressionParser::member() {
    ExprId base = TRY(primary());
    while (true) {
        if (tokens_.is(TokenKind::dot) || tokens_.is(TokenKind::open_bracket)) {
            base = TRY(access(base));
        } else if (tokens_.is(TokenKind::open_parenthesis)) {
            return tokens_.refuse(tokens_.peek().span,
                                  "only a function's name can be called; expected an operator or "
                                  "the end of the expression");
        } else {
            return base;
        }
    }
}

Result<ExprId> ExpressionParser::access(ExprId base) {
    Expr node;
    node.kind = ExprKind::get_attribute;
    node.operands = {base};
    if (tokens_.take_if(TokenKind::dot)) {
        const Token name = tokens_.peek();
        node.text = TRY(tokens_.identifier("after `.`"));
        if (tokens_.is(TokenKind::open_parenthesis)) return method(base, name);
    } else {
        tokens_.take();
        const Token key = TRY(tokens_.expect(TokenKind::string, "with the attribute's name"));
        node.text = TRY(unescape(tokens_.source(), key.span));
        TRY(tokens_.expect(TokenKind::close_bracket, "after the attribute's name"));
    }
    node.span = {nodes_[base].span.begin, tokens_.last_end()};
    return add(std::move(node));
}

Result<ExprId> ExpressionParser::method(ExprId base, const Token& name) {
    const std::string_view text = tokens_.source().slice(name.span);
    const BuiltinMethod* builtin = find_builtin_method(text);
    const std::optional<ExtensionFunction> extension = find_extension_function(text);
    if (builtin == nullptr && !extension) {
        return tokens_.refuse(name.span, fmt::format("there is no method `{}`", text));
    }
    if (extension && extension_signature(*extension).style == CallStyle::function) {
        return tokens_.refuse(name.span, fmt::format("`{0}` is a function, not a method; expected "
                                                     "`{0}(…)`",
                                                     text));
    }
    tokens_.take();
    Expr node;
    node.operands = TRY(arguments(TokenKind::close_parenthesis));
    if (builtin != nullptr && node.operands.size() != builtin->arguments) {
        return tokens_.refuse(
            name.span, fmt::format("`{}` takes {} argument{}, found {}", text, builtin->arguments,
                                   builtin->arguments == 1 ? "" : "s", node.operands.size()));
    }
    node.operands.insert(node.operands.begin(), base);
    node.kind = builtin != nullptr ? builtin->kind : ExprKind::call;
    if (builtin == nullptr) node.number = static_cast<std::int64_t>(*extension);
    node.span = {nodes_[base].span.begin, tokens_.last_end()};
    return add(std::move(node));
}

Result<ExprId> ExpressionParser::primary() {
    const TokenKind kind = tokens_.peek().kind;
    if (kind == TokenKind::number) return number();
    if (kind == TokenKind::string) return string();
    if (kind == TokenKind::open_parenthesis) return parenthesised();
    if (kind == TokenKind::open_bracket) return set();
    if (kind == TokenKind::open_brace) return record();
    if (kind == TokenKind::identifier) return name_or_entity();
    if (kind == TokenKind::question) {
        return tokens_.refuse(tokens_.peek().span,
                              "a slot such as ?principal may stand in the scope only, after "
                              "`==` or `in`");
    }
    return tokens_.expected("an expression");
}

Result<ExprId> ExpressionParser::number() {
    const Token token = tokens_.take();
    constexpr std::uint64_t largest = std::numeric_limits<std::int64_t>::max();
    return literal_integer(token, largest, token.span.begin);
}

Result<ExprId> ExpressionParser::string() {
    const Token token = tokens_.take();
    Expr node;
    node.kind = ExprKind::string;
    node.span = token.span;
    node.text = TRY(unescape(tokens_.source(), token.span));
    return add(std::move(node));
}

Result<ExprId> ExpressionParser::name_or_entity() {
    Expr node;
    node.span = tokens_.peek().span;
    const bool qualified = tokens_.peek(1).kind == TokenKind::double_colon;
    if (!qualified && (tokens_.is_word("true") || tokens_.is_word("false"))) {
        node.kind = ExprKind::boolean;
        node.number = tokens_.text() == "true" ? 1 : 0;
        tokens_.take();
        return add(std::move(node));
    }
    const std::string path = TRY(parse_path(tokens_, "or another expression"));
    node.span.end = tokens_.last_end();
    if (tokens_.take_if(TokenKind::double_colon)) {
        const Token id = TRY(tokens_.expect(TokenKind::string, "with the id of the entity"));
        node.kind = ExprKind::entity;
        node.text = path;
        node.id = TRY(unescape(tokens_.source(), id.span));
        node.span.end = id.span.end;
        return add(std::move(node));
    }
    const std::optional<Variable> variable = find_variable(path);
    if (tokens_.is(TokenKind::open_parenthesis) && !variable) return function(path, node.span);
    if (!variable) {
        return tokens_.refuse(node.span,
                              fmt::format("`{}` is no variable; expected principal, action, "
                                          "resource, context, a literal or a function call",
                                          path));
    }
    node.kind = ExprKind::variable;
    node.number = static_cast<std::int64_t>(*variable);
    return add(std::move(node));
}

Result<ExprId> ExpressionParser::function(const std::string& name, Span span) {
    const std::optional<ExtensionFunction> extension = find_extension_function(name);
    const bool is_method = extension && extension_signature(*extension).style == CallStyle::method;
    if (is_method || find_builtin_method(name) != nullptr) {
        return tokens_.refuse(span, fmt::format("`{0}` is a method, not a function; expected "
                                                "`value.{0}(…)`",
                                                name));
    }
    if (!extension) return tokens_.refuse(span, fmt::format("there is no function `{}`", name));
    tokens_.take();
    Expr node;
    node.kind = ExprKind::call;
    node.number = static_cast<std::int64_t>(*extension);
    node.operands = TRY(arguments(TokenKind::close_parenthesis));
    node.span = {span.begin, tokens_.last_end()};
    return add(std::move(node));
}

Result<ExprId> ExpressionParser::parenthesised() {
    tokens_.take();
    const ExprId inner = TRY(expression());
    TRY(tokens_.expect(TokenKind::close_parenthesis, "or an operator"));
    return inner;
}

Result<std::vector<ExprId>> ExpressionParser::arguments(TokenKind close) {
    std::vector<ExprId> found;
    while (!tokens_.take_if(close)) {
        found.push_back(TRY(expression()));
        if (tokens_.take_if(TokenKind::comma)) continue;
        if (!tokens_.is(close)) {
            return tokens_.expected(fmt::format("an operator, `,` or {}", token_name(close)));
        }
    }
    return found;
}

Result<ExprId> ExpressionParser::set() {
    Expr node;
    node.kind = ExprKind::set;
    node.span.begin = tokens_.take().span.begin;
    node.operands = TRY(arguments(TokenKind::close_bracket));
    node.span.end = tokens_.last_end();
    return add(std::move(node));
}

Result<std::string> ExpressionParser::record_key() {
    if (tokens_.is(TokenKind::string)) return unescape(tokens_.source(), tokens_.take().span);
    return tokens_.identifier("or a string as the key of a record");
}

Result<ExprId> ExpressionParser::record() {
    Expr node;
    node.kind = ExprKind::record;
    node.span.begin = tokens_.take().span.begin;
    std::set<std::string> seen;
    while (!tokens_.take_if(TokenKind::close_brace)) {
        const Span place = tokens_.peek().span;
        std::string key = TRY(record_key());
        if (!seen.insert(key).second) {
            return tokens_.refuse(
                place, fmt::format("the key {} stands twice in this record", quoted(key)));
        }
        TRY(tokens_.expect(TokenKind::colon, "after the key of a record"));
        node.names.push_back(std::move(key));
        node.operands.push_back(TRY(expression()));
        if (!tokens_.take_if(TokenKind::comma) && !tokens_.is(TokenKind::close_brace)) {
            return tokens_.expected("an operator, `,` or `}`");
        }
    }
    node.span.end = tokens_.last_end();
    return add(std::move(node));
}

}  // namespace hs::cedar::internal
