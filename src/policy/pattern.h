// NamePattern: one name with "*" for any characters, as the rule tables write it.
//
// What it is for: matching folded names of files and hosts in time linear in the name for the usual
// forms. What it does not protect from: a pattern wider than meant; at most two stars.
// Threads: values.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace hs::policy {

class NamePattern {
  public:
    // invalid_input: empty, longer than 255 bytes, or more than two stars.
    static base::Result<NamePattern> parse(std::string_view text);
    bool matches(std::string_view name) const;
    bool is_literal() const { return parts_.size() == 1; }
    const std::string& literal() const { return parts_.front(); }

  private:
    std::vector<std::string> parts_;  // the literal parts between stars
};

}  // namespace hs::policy
