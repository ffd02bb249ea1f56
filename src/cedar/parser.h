// The parser of Cedar policies, templates, entity identifiers and expressions.
//
// What it is for: Cedar 4.x text (docs.cedarpolicy.com: grammar reference) to the tree of ast.h.
// A message names the place, shows it with a caret and says what was expected.
// What it does not protect from: policies that are well formed but wrong; validate them against a
// schema. Nesting, size and token count are bounded by TextLimits.
// Threads: pure functions.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "cedar/ast.h"
#include "cedar/lexer.h"

namespace hs::cedar {

// Policies and templates in order of appearance, with the ids policy0, policy1, …
base::Result<std::vector<Policy>> parse_policies(SourcePointer source,
                                                 const TextLimits& limits = {});
base::Result<std::vector<Policy>> parse_policies(std::string_view text,
                                                 std::string_view name = "policies");

// An expression alone; the last node is its root.
struct Expression {
    std::vector<Expr> nodes;
    ExprId root = 0;
    SourcePointer source;
};
base::Result<Expression> parse_expression(SourcePointer source, const TextLimits& limits = {});

// `Ns::Type::"id"`.
base::Result<EntityUid> parse_entity_uid(std::string_view text);

}  // namespace hs::cedar
