// Capabilities: what has been tested on the way to an expression, so that an access is safe.
//
// What it is for: `principal has a && principal.a` - the left side earns the capability
// (principal, a), the right side spends it (Cedar specification, Validation/Typechecker).
// What it does not protect from: use with another policy than the one whose nodes it names.
// Threads: belong to one typechecker.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cedar/ast.h"

namespace hs::cedar {

// The expression `node.path[0].path[1]…`; the steps of `has a.b.c` have no nodes of their own.
struct Subject {
    ExprId node = 0;
    std::span<const std::string> path;
    std::uint64_t hash = 0;
};

struct Capability {
    Subject subject;
    bool is_tag = false;
    std::string_view attribute;  // of an attribute
    ExprId tag = 0;              // of a tag: the expression of its key
    std::uint64_t hash = 0;
};

using Capabilities = std::vector<Capability>;

// Shape hashes of all nodes of a policy, children first.
std::vector<std::uint64_t> hash_nodes(const std::vector<Expr>& nodes);

Subject subject_of(ExprId node, const std::vector<std::uint64_t>& hashes);
// One attribute further along `has a.b.c`; `names` is the whole path.
Subject extend(const Subject& base, std::span<const std::string> names, std::size_t length);

Capability attribute_capability(const Subject& subject, std::string_view attribute);
Capability tag_capability(const Subject& subject, ExprId tag,
                          const std::vector<std::uint64_t>& hashes);

bool same_capability(const std::vector<Expr>& nodes, const Capability& a, const Capability& b);
// Those in both, in the order of `a`.
Capabilities intersect(const std::vector<Expr>& nodes, const Capabilities& a, const Capabilities& b,
                       std::uint64_t& steps);

// What holds at the expression being checked; a stack.
class CapabilityScope {
  public:
    std::size_t mark() const { return held_.size(); }
    void push(const Capabilities& earned) {
        held_.insert(held_.end(), earned.begin(), earned.end());
    }
    void release(std::size_t mark) { held_.resize(mark); }
    void clear() { held_.clear(); }
    bool holds(const std::vector<Expr>& nodes, const Capability& wanted,
               std::uint64_t& steps) const;

  private:
    Capabilities held_;
};

}  // namespace hs::cedar
