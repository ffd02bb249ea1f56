// Expression and ExpressionSet: the scanner's patterns, in time linear in the text (RE2).
//
// What it is for: the one file of this room that calls RE2 is expression.cc. A set tells in one
// pass which of its patterns match. What it does not protect from: text that was not made readable
// first (view.h). Threads: immutable; match from any thread.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace hs::skills {

class ExpressionSet {
  public:
    // invalid_input names the pattern that cannot be read.
    static base::Result<ExpressionSet> compile(const std::vector<std::string>& patterns);
    // Indexes of the patterns that match somewhere in the text, ascending.
    std::vector<int> matches(std::string_view text) const;

  private:
    struct Compiled;
    std::shared_ptr<const Compiled> compiled_;
};

class Expression {
  public:
    // For patterns that stand in the source: CHECKs that they can be read.
    explicit Expression(std::string_view pattern);
    static base::Result<Expression> compile(std::string_view pattern);
    bool matches(std::string_view text) const;
    // The parts of the first match at or after `from`: [0] the whole, then the groups; empty when
    // there is none. Views into the text; at most 7 groups.
    std::vector<std::string_view> find(std::string_view text, std::size_t from = 0) const;

  private:
    struct Compiled;
    explicit Expression(std::shared_ptr<const Compiled> compiled)
        : compiled_(std::move(compiled)) {}
    std::shared_ptr<const Compiled> compiled_;
};

}  // namespace hs::skills
