// PolicySet: static policies, templates and the links that fill their slots.
//
// What it is for: the mutable collection that a loader builds; an Authorizer compiles it once.
// What it does not protect from: policies that are well formed but wrong; validate them.
// Threads: one owner while it changes; then share it as const.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "cedar/parser.h"

namespace hs::cedar {

struct SlotValues {
    std::optional<EntityUid> principal;
    std::optional<EntityUid> resource;
};

struct PolicyLink {
    std::string id;
    std::uint32_t template_index = 0;
    SlotValues values;
};

class PolicySet {
  public:
    static constexpr std::size_t policies_max = 1'000'000;

    // Policies and templates of one text under the ids policy0, policy1, …
    static base::Result<PolicySet> parse(std::string_view text, std::string_view name = "policies",
                                         const TextLimits& limits = {});

    // Under policy.id. conflict: the id is taken.
    base::Result<> add(Policy policy);
    // A new policy from a template. invalid_input: a slot without a value, or a value without its
    // slot. not_found: no such template. conflict: the id is taken.
    base::Result<> link(std::string_view template_id, std::string id, SlotValues values);
    // Every policy and template that has the annotation gets its value as id; links follow.
    // conflict: two of them get the same id.
    base::Result<> rename_from_annotation(std::string_view annotation);

    std::span<const Policy> policies() const { return policies_; }
    std::span<const Policy> templates() const { return templates_; }
    std::span<const PolicyLink> links() const { return links_; }
    // How many can decide: static policies and links.
    std::size_t size() const { return policies_.size() + links_.size(); }

  private:
    base::Result<> take_id(const std::string& id, Span span, const SourcePointer& source);
    base::Result<std::uint32_t> find_template(std::string_view id) const;

    std::vector<Policy> policies_;
    std::vector<Policy> templates_;
    std::vector<PolicyLink> links_;
    std::unordered_map<std::string, std::uint8_t> ids_;
};

}  // namespace hs::cedar
