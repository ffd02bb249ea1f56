// The canonical text of policies and expressions.
//
// What it is for: printing a tree so that parsing the text gives the same tree. One clause a line,
// parentheses only where the grammar needs them, strings with the shortest escapes.
// What it does not protect from: the loss of comments; they are no part of the tree.
// Threads: pure functions.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "cedar/ast.h"

namespace hs::cedar {

std::string print_policy(const Policy& policy);
// The policies in order, an empty line between two.
std::string print_policies(std::span<const Policy> policies);
std::string print_expression(const std::vector<Expr>& nodes, ExprId root);

}  // namespace hs::cedar
