// ExpressionParser: the expression grammar, one method a rule, nodes appended to a vector.
//
// What it is for: conditions of policies and expressions alone.
// What it does not protect from: nothing beyond the limits it is given; recursion is bounded by
// nesting_max and every node by expression_depth_max.
// Threads: one owner.
#pragma once

#include "cedar/ast.h"
#include "cedar/internal/token_stream.h"

namespace hs::cedar::internal {

class ExpressionParser {
  public:
    ExpressionParser(TokenStream& tokens, std::vector<Expr>& nodes, std::uint32_t nesting_max)
        : tokens_(tokens), nodes_(nodes), nesting_max_(nesting_max) {}

    base::Result<ExprId> expression();

  private:
    using Parsed = base::Result<ExprId>;

    Parsed conditional();
    Parsed disjunction();
    Parsed conjunction();
    Parsed relation();
    Parsed relation_after(ExprId left);
    Parsed has_after(ExprId left);
    Parsed like_after(ExprId left);
    Parsed is_after(ExprId left);
    Parsed sum();
    Parsed product();
    Parsed unary();
    Parsed repeated_not(std::uint32_t begin);
    Parsed repeated_minus(std::uint32_t begin);
    Parsed member();
    Parsed access(ExprId base);
    Parsed method(ExprId base, const Token& name);
    Parsed primary();
    Parsed number();
    Parsed string();
    Parsed name_or_entity();
    Parsed function(const std::string& name, Span span);
    Parsed parenthesised();
    Parsed set();
    Parsed record();
    base::Result<std::vector<ExprId>> arguments(TokenKind close);
    base::Result<std::string> record_key();

    Parsed add(Expr node);
    Parsed binary(ExprKind kind, ExprId left, ExprId right);
    Parsed literal_integer(const Token& token, std::uint64_t magnitude, std::uint32_t begin);

    TokenStream& tokens_;
    std::vector<Expr>& nodes_;
    std::uint32_t nesting_max_;
    std::uint32_t nesting_ = 0;
};

// `A::B` from the cursor on; stops before `::"`.
base::Result<std::string> parse_path(TokenStream& tokens, std::string_view purpose);
// `A::B::"id"`.
base::Result<EntityUid> parse_uid(TokenStream& tokens);

}  // namespace hs::cedar::internal
