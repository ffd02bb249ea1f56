#include "cedar/policy_set.h"

#include <fmt/format.h>

namespace hs::cedar {

using base::Code;
using base::fail;
using base::Result;

Result<PolicySet> PolicySet::parse(std::string_view text, std::string_view name,
                                   const TextLimits& limits) {
    if (text.size() > limits.bytes_max) {
        return fail(Code::invalid_input,
                    fmt::format("{}: the text has {} bytes, more than the {} allowed; split it "
                                "into several files",
                                name, text.size(), limits.bytes_max));
    }
    auto source = std::make_shared<SourceText>(std::string(name), std::string(text));
    PolicySet set;
    for (Policy& policy : TRY(parse_policies(std::move(source), limits))) {
        TRY(set.add(std::move(policy)));
    }
    return set;
}

Result<> PolicySet::take_id(const std::string& id, Span span, const SourcePointer& source) {
    if (ids_.size() >= policies_max) {
        return fail(Code::exhausted, fmt::format("a set holds at most {} policies", policies_max));
    }
    if (ids_.emplace(id, 0).second) return {};
    const std::string message =
        fmt::format("the policy id {} stands twice; give one of them another", quoted(id));
    if (source == nullptr) return fail(Code::conflict, message);
    return fail(Code::conflict, source->describe(span, message));
}

Result<> PolicySet::add(Policy policy) {
    TRY(take_id(policy.id, policy.span, policy.source));
    (policy.is_template() ? templates_ : policies_).push_back(std::move(policy));
    return {};
}

Result<std::uint32_t> PolicySet::find_template(std::string_view id) const {
    for (std::uint32_t i = 0; i < templates_.size(); ++i) {
        if (templates_[i].id == id) return i;
    }
    return fail(Code::not_found, fmt::format("there is no template {}", quoted(id)));
}

Result<> PolicySet::link(std::string_view template_id, std::string id, SlotValues values) {
    const std::uint32_t index = TRY(find_template(template_id));
    const Policy& chosen = templates_[index];
    const auto check = [&](bool used, bool given, Slot slot) -> Result<> {
        if (used == given) return {};
        return fail(Code::invalid_input,
                    fmt::format("the template {} {} {}; {}", quoted(template_id),
                                used ? "needs a value for" : "has no", slot_name(slot),
                                used ? "give one" : "leave the value out"));
    };
    TRY(check(chosen.principal.is_slot, values.principal.has_value(), Slot::principal));
    TRY(check(chosen.resource.is_slot, values.resource.has_value(), Slot::resource));
    TRY(take_id(id, {}, nullptr));
    links_.push_back(PolicyLink{std::move(id), index, std::move(values)});
    return {};
}

Result<> PolicySet::rename_from_annotation(std::string_view annotation) {
    ids_.clear();
    for (const PolicyLink& link : links_) TRY(take_id(link.id, {}, nullptr));
    for (std::vector<Policy>* list : {&policies_, &templates_}) {
        for (Policy& policy : *list) {
            const Annotation* found = policy.find_annotation(annotation);
            if (found != nullptr) policy.id = found->value;
            TRY(take_id(policy.id, found != nullptr ? found->span : policy.span, policy.source));
        }
    }
    return {};
}

}  // namespace hs::cedar
